internal import HTTPTransport
package import Secrets

/// Pulumi Cloud's REST API, as far as access tokens need it, with one credential.
///
/// Each method is one attempt: whether to try again is for the caller to decide. Contract:
/// https://www.pulumi.com/docs/reference/cloud-rest-api/
package struct PulumiCloud {
    package var connection: CloudConnection
    let credential: Secret

    package init(_ connection: CloudConnection, credential: Secret) {
        self.connection = connection
        self.credential = credential
    }

    package var url: CloudURL { connection.url }

    /// The same cloud over the same connections, with another credential.
    package func withCredential(_ other: Secret) -> PulumiCloud {
        PulumiCloud(connection, credential: other)
    }

    func request(
        _ method: String,
        _ path: [String],
        query: [(String, String)] = [],
        body: HTTPRequest.Body? = nil
    ) -> HTTPRequest {
        connection.request(method, path, query: query, credential: credential, body: body)
    }

    func send(_ request: HTTPRequest) throws(CloudError) -> HTTPResponse {
        try connection.send(request, hiding: [credential])
    }

    func send(
        _ request: HTTPRequest,
        to action: TokenKind.Action,
        _ kind: TokenKind
    ) throws(CloudError) -> HTTPResponse {
        do throws(CloudError) { return try send(request) } catch { throw error.refusing(action, kind) }
    }
}
