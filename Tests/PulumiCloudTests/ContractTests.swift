import HTTPTransport
import PulumiCloud
import Secrets
import StubTransport
import Testing

/// Answers everything in a way that no call fails on.
private final class Agreeing: HTTPTransport {
    private(set) var requests: [HTTPRequest] = []

    func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        while let request = next() {
            requests.append(request)
            completed(request, .reply(200, #"{"id":"i","tokenValue":"v","tokens":[],"githubLogin":"a"}"#))
        }
    }
}

@Suite struct ContractTests {
    private static let kinds: [TokenKind] = [
        .personal, .organization("acme"), .team("plat/form", organization: "ac me"),
    ]

    private func requests(_ body: (PulumiCloud) throws -> Void) throws -> [HTTPRequest] {
        let transport = Agreeing()
        let connection = CloudConnection(
            url: .pulumiCloud,
            transport: transport,
            timeout: .seconds(30),
            budget: VirtualClock().budget(),
            userAgent: "pulumi-token/test",
            warn: { _ in }
        )
        try body(PulumiCloud(connection, credential: Secret("parent")))
        return transport.requests
    }

    @Test(arguments: kinds)
    func `every request conforms to what Pulumi publishes`(kind: TokenKind) throws {
        let requests = try requests { cloud in
            for (reason, role, isAdmin) in [("a reason", "r-1", true), (nil, nil, false)] as [(String?, String?, Bool)]
            {
                _ = try cloud.createToken(
                    NewToken(
                        kind: kind,
                        name: kind.tokenName(nonce: "N"),
                        description: "d",
                        expires: 1_800_000_000,
                        reason: reason,
                        role: role,
                        isAdmin: isAdmin
                    )
                )
                let id = try TokenID("a/b?c")
                try cloud.deleteToken(id, of: kind, reason: reason)
                var waiting = [id]
                cloud.deleteTokens(
                    of: kind,
                    reason: reason,
                    connections: 1,
                    next: { waiting.popLast() },
                    completed: { _, _ in }
                )
            }
            _ = try cloud.tokens(of: kind, after: nil)
            _ = try cloud.tokens(of: kind, after: "c&d")
            _ = try cloud.metadata(of: kind.organization ?? "acme")
            _ = try cloud.currentUser()
        }
        #expect(requests.count == 10)
        for request in requests {
            #expect(PublishedContract.problems(of: request) == [], "\(request.method) \(request.url)")
        }
    }

    @Test(
        arguments: [
            ("PUT", "/api/user/tokens", nil), ("GET", "/api/orgs/a/teams/tokens", nil),
            ("GET", "/api/user/tokens?limit=5", nil), ("GET", "/api/user/tokens?maxResults=many", nil),
            ("DELETE", "/api/user/tokens/a?reason=b", nil), ("GET", "/api/user/tokens", "{}"),
            ("POST", "/api/user/tokens", nil), ("POST", "/api/user/tokens", #"{"description":"d"}"#),
            ("POST", "/api/user/tokens", #"{"description":"d","expires":"1"}"#),
            ("POST", "/api/user/tokens", #"{"description":"d","expires":1,"name":"n"}"#),
            ("POST", "/api/orgs/a/tokens", #"{"name":"n","description":"d","expires":1}"#),
            ("POST", "/api/orgs/a/teams/t/tokens", #"{"name":"n","description":"d","expires":1,"admin":false}"#),
        ] as [(String, String, String?)]
    )
    func `the contract is strict enough to notice`(method: String, path: String, body: String?) {
        let request = HTTPRequest(
            method: method,
            url: "https://api.pulumi.com" + path,
            fields: ["Authorization", "Accept", "Content-Type"].map { ($0, .plain("x")) },
            body: body.map { .secret(Secret($0)) }
        )
        #expect(PublishedContract.problems(of: request).count == 1)
    }
}
