import HTTPTransport
import StubTransport
import TestMachine
import Testing

/// An identity token instead of a stored secret, request by request.
@Suite struct IdentityTests {
    private let machine: Machine
    private let exchange = "POST https://api.pulumi.com/api/oauth/token"
    private let create = "POST https://api.pulumi.com/api/user/tokens?reason=GitLab%20CI"

    init() throws {
        machine = try Machine(variables: [
            "GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_SERVER_HOST": "gitlab.example.com", "CI_PIPELINE_ID": "1",
            "PULUMI_TOKEN_OIDC_ORG": "acme", "PULUMI_TOKEN_OIDC_USER": "alice",
            "PULUMI_TOKEN_OIDC_TOKEN_ENV": "IDENTITY", "IDENTITY": "a.b.c",
        ])
        machine.variables["PULUMI_ACCESS_TOKEN"] = nil
    }

    private func exchanged(for seconds: Int) -> StubTransport.Reply {
        .reply(
            200,
            #"{"access_token":"exchanged-1","issued_token_type":"urn:pulumi:token-type:access_token:personal","#
                + #""token_type":"token","expires_in":\#(seconds)}"#
        )
    }

    private func run(_ words: String..., answering script: [(request: String, reply: StubTransport.Reply)]) throws
        -> (Machine.Outcome, StubTransport)
    {
        let transport = StubTransport(script)
        machine.transport = transport
        return (try machine.run(words, adding: [:]), transport)
    }

    @Test func `direct does not try to mint, and asks for the whole life`() throws {
        let (outcome, transport) = try run(
            "mint",
            "--export",
            "json",
            "--oidc-use",
            "direct",
            "--ttl",
            "15m",
            answering: [(exchange, exchanged(for: 900))]
        )
        #expect(transport.finish() == [])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(transport.requests.first?.text.contains("\"expiration\":900") == true)
        #expect(!outcome.error.contains("every organization"))
        #expect(outcome.output.contains(#""id":null"#) && outcome.output.contains(#""revocable":false"#))
    }

    @Test func `what was granted is believed over what was asked for`() throws {
        let (outcome, _) = try run(
            "mint",
            "--export",
            "none",
            "--oidc-use",
            "direct",
            answering: [(exchange, exchanged(for: 300))]
        )
        #expect(outcome.error.contains("in 5 minutes"), "\(outcome.error)")
    }

    @Test func `an exchange that is to mint is as short as it can be, and the token is revoked by another one`() throws
    {
        let (mint, transport) = try run(
            "mint",
            "--export",
            "none",
            answering: [
                (exchange, exchanged(for: 180)),
                (create, .reply(200, #"{"id":"t-1","tokenValue":"value-1"}"#)),
            ]
        )
        #expect(transport.finish() == [] && mint.code == 0, "\(mint.error)")
        // It is more than what was exchanged.
        let notice = "notice: the exchanged token is limited to acme, but the personal token minted with it "
        #expect(mint.error.contains(notice + "reaches every organization of its user\n"))
        #expect(transport.requests.first?.text.contains("\"expiration\":180") == true)
        let description = transport.requests.last?.text.firstMatch(of: #/"description":"([^"]*)"/#).map { String($0.1) }
        let list = #"{"tokens":[{"id":"t-1","description":"\#(description ?? "")"}]}"#
        let (revoke, second) = try run(
            "revoke",
            answering: [
                (exchange, exchanged(for: 180)),
                ("GET https://api.pulumi.com/api/user/tokens?maxResults=1000", .reply(200, list)),
                ("DELETE https://api.pulumi.com/api/user/tokens/t-1", .reply(204)),
            ]
        )
        #expect(second.finish() == [], "\(revoke.error)")
        #expect(revoke.code == 0)
    }

    @Test func `mint never falls back, and exports nothing then`() throws {
        let (outcome, transport) = try run(
            "mint",
            "--export",
            "stdout",
            "--oidc-use",
            "mint",
            answering: [
                (exchange, exchanged(for: 180)), (create, .reply(403, #"{"code":403,"message":"no"}"#)),
                ("GET https://api.pulumi.com/api/user", .reply(200, #"{"githubLogin":"alice"}"#)),
            ]
        )
        #expect(outcome.code == 77 && outcome.output == "", "\(outcome.error)")
        #expect(transport.requests.count { $0.url.hasSuffix("/oauth/token") } == 1)
    }
}
