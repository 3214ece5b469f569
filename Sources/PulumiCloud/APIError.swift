internal import HTTPTransport
internal import JSON
internal import Redaction
internal import Secrets

/// A request that a server refused.
package struct APIError: Sendable, Equatable {
    /// One of the `errors` in a reply.
    package struct Item: Sendable, Equatable {
        /// What the error is about, such as `AccessToken`.
        package var resource: String
        /// Of `saml_reauth_required`, the organization.
        package var attribute: String?
        /// Such as `not_found`, `invalid`, `custom` or `saml_reauth_required`.
        package var errorType: String
        package var customMessage: String?

        package init(resource: String, attribute: String? = nil, errorType: String, customMessage: String? = nil) {
            self.resource = resource
            self.attribute = attribute
            self.errorType = errorType
            self.customMessage = customMessage
        }
    }

    /// The status of HTTP, whatever the body says.
    package var status: Int
    /// One line of at most 300 characters, without a secret that was sent; "" when there was none.
    package var message: String
    package var items: [Item]
    /// A JSON error of the API itself, as against the text of something in front of it, which may be JSON, too.
    package var isAPIError: Bool
    /// RFC 6749's code of an exchange that failed, such as `invalid_grant`.
    package var oauthError: String?
    /// How long the server asks to wait, from now.
    package var retryAfter: Duration?
    package var requestID: String?
    /// Unix time, seconds, at which the server answered; nil without a `Date` field.
    package var serverTime: Int64?
    /// What was asked for, of a team's or an organization's token; nil for any other request.
    package var request: TokenRequest?

    package init(
        status: Int,
        message: String = "",
        items: [Item] = [],
        isAPIError: Bool = true,
        oauthError: String? = nil,
        retryAfter: Duration? = nil,
        requestID: String? = nil,
        serverTime: Int64? = nil
    ) {
        self.status = status
        self.message = message
        self.items = items
        self.isAPIError = isAPIError
        self.oauthError = oauthError
        self.retryAfter = retryAfter
        self.requestID = requestID
        self.serverTime = serverTime
    }
}

extension APIError {
    /// What is read of a text, in bytes: much more than is shown, since of a secret at the cut only a part is left.
    fileprivate static let longestText = 64 << 10

    /// Reads the reply of a refusal.
    ///
    /// - Parameters:
    ///   - secrets: what was sent and must not show up in the message.
    ///   - now: Unix time, for a `Retry-After` date in a reply without a `Date`.
    init(_ response: HTTPResponse, hiding secrets: [Secret], now: Int64) {
        let redactor = TextRedactor(hiding: secrets)
        // In this order: nobody would recognise a secret that was cut.
        let clean = { (text: String) in oneLine(redactor.redact(text: text), limit: 300) }
        let body = response.object
        // `{"code", "message", "errors"}` of the API, or `{"error", "error_description"}` of RFC 6749.
        let read = { (name: String) in body?[name]?.string(cutTo: Self.longestText) }
        let message = read("message")
        let oauthError = read("error")
        let isAPIError = body?["code"]?.integer == Int64(response.status) || Self.isOAuth(oauthError)
        let text = message ?? read("error_description") ?? response.plainText
        self.init(
            status: response.status,
            message: clean(text),
            items: body?["errors"]?.elements?.prefix(Item.most).compactMap { Item($0, clean) } ?? [],
            isAPIError: isAPIError,
            oauthError: oauthError.map(clean),
            retryAfter: response.retryAfter(now: now),
            requestID: response.requestID,
            serverTime: response.serverTime
        )
    }
}

extension APIError {
    /// Whether this is one of the codes of RFC 6749 5.2, RFC 6750 3.1 and RFC 8693 2.2.2.
    private static func isOAuth(_ code: String?) -> Bool {
        let codes: Set = [
            "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
            "invalid_scope", "invalid_token", "insufficient_scope", "invalid_target", "access_denied", "server_error",
            "temporarily_unavailable",
        ]
        return code.map(codes.contains) ?? false
    }
}

extension APIError.Item {
    /// How many of a reply are read: the API names one or two.
    fileprivate static let most = 16

    /// nil for what is no object.
    fileprivate init?(_ node: JSONNode, _ clean: (String) -> String) {
        guard node.isObject else { return nil }
        func read(_ name: String) -> String? { node[name]?.string(cutTo: APIError.longestText).map(clean) }
        self.init(
            resource: read("resource") ?? "",
            attribute: read("attribute"),
            errorType: read("errorType") ?? "",
            customMessage: read("customMessage")
        )
    }
}
