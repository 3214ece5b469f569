package import HTTPTransport

/// A request to Pulumi Cloud that did not do what it was to do.
package enum CloudError: Error, Equatable, Sendable {
    /// No reply.
    case transport(TransportError)
    /// The server, or something in front of it, answered with another status than 2xx.
    case rejected(APIError)
    /// A 2xx whose body is not what was promised; of a mint that at least named its token, with `tokenID`.
    case unreadable(status: Int, detail: String, requestID: String?, serverTime: Int64?, tokenID: TokenID? = nil)
}

extension CloudError {
    /// Whether the server may have done what it was asked for, in spite of this error.
    ///
    /// Only the API can say no: a refusal without its own JSON error may be the word of something in front of it, such
    /// as a filter that has swallowed the reply.
    package var mayHaveActed: Bool {
        switch self {
        case .transport(let error): error.requestMayHaveArrived
        case .rejected(let error): error.status == 408 || error.status >= 500 || !error.isAPIError
        case .unreadable: true
        }
    }

    /// Whether the API itself answered, and only the credential was not to its liking.
    package var isRefusalOfCredential: Bool {
        guard case .rejected(let error) = self else { return false }
        return [401, 403].contains(error.status) && error.isAPIError
    }

    /// Whether the same request may succeed a little later.
    package var isRetryable: Bool {
        switch self {
        case .transport(let error): error.isTransient
        case .rejected(let error): [408, 425, 429].contains(error.status) || error.status >= 500
        case .unreadable: false
        }
    }

    /// How long the server asks to wait, from now.
    package var retryAfter: Duration? {
        guard case .rejected(let error) = self else { return nil }
        return error.retryAfter
    }

    /// Unix time, seconds, at which the server answered; nil when it did not say.
    package var serverTime: Int64? {
        switch self {
        case .transport: nil
        case .rejected(let error): error.serverTime
        case .unreadable(_, _, _, let time, _): time
        }
    }

    /// The token that a mint made although its reply lacks the value: it can only be revoked.
    package var tokenID: TokenID? {
        guard case .unreadable(_, _, _, _, let id) = self else { return nil }
        return id
    }

    /// The status of HTTP; nil without a reply.
    package var status: Int? {
        switch self {
        case .transport: nil
        case .rejected(let error): error.status
        case .unreadable(let status, _, _, _, _): status
        }
    }

    /// What went wrong: one line, lower case, no full stop, no secret.
    package var summary: String {
        switch self {
        case .transport(let error): error.detail
        case .rejected(let error): error.summary
        case .unreadable(let status, let detail, let requestID, _, _):
            "unreadable reply with status \(status): \(detail)" + (requestID.map { " (request \($0))" } ?? "")
        }
    }
}

extension APIError {
    /// Status and message; of a server's own failure also the request's identifier, which support asks for.
    package var summary: String {
        let reason = [oauthError, message.isEmpty ? nil : message].compactMap(\.self).joined(separator: ": ")
        let support = status >= 500 ? requestID.map { " (request \($0))" } ?? "" : ""
        return "status \(status)" + (reason.isEmpty ? "" : ": \(reason)") + support
    }
}

extension TransportError {
    /// Whether the same request may succeed a little later.
    package var isTransient: Bool {
        switch failure {
        case .nameLookup, .connect, .proxy, .timeout, .connectionLost, .malformedReply: true
        case .proxyRefusal, .refusedURL, .tls, .replyTooLarge, .interrupted, .trustStore, .other: false
        }
    }
}
