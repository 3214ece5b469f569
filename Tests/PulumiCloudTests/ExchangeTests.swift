import HTTPTransport
import PulumiCloud
import Secrets
import StubTransport
import Testing

@Suite struct ExchangeTests {
    private let exchange = "POST https://api.pulumi.com/api/oauth/token"
    private let personal = TokenExchange(organization: "acme", type: .personal(user: "jo"), expiration: 180)

    @Test func `an exchange sends the identity token in its body and no credential`() throws {
        let scene = try Scene(
            exchange,
            .reply(
                200,
                #"{"access_token":"pul-x","token_type":"token","expires_in":120,"refresh_token":""}"#,
                fields: [("Date", "Fri, 15 Jan 2027 08:00:00 GMT")]
            )
        )
        let token = try scene.cloud.connection.exchange(Secret("identity"), for: personal)

        #expect(token == ExchangedToken(value: Secret("pul-x"), expiresIn: 120, serverTime: 1_800_000_000))
        #expect(
            scene.transport.requests.map(\.text) == [
                """
                POST https://api.pulumi.com/api/oauth/token
                Accept: application/vnd.pulumi+8
                Content-Type: application/json
                User-Agent: pulumi-token/test

                {"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange","audience":"urn:pulumi:org:acme",\
                "requested_token_type":"urn:pulumi:token-type:access_token:personal","scope":"user:jo",\
                "expiration":180,"subject_token_type":"urn:ietf:params:oauth:token-type:id_token",\
                "subject_token":"identity"}
                """
            ]
        )
        guard case .secret = scene.transport.requests.first?.body else {
            Issue.record("the body is not a secret")
            return
        }
        #expect(scene.transport.finish() == [])
    }

    @Test func `a lifetime beyond all reason is cut, so that no sum with it overflows`() throws {
        let scene = try Scene(
            exchange,
            .reply(200, #"{"access_token":"pul-x","expires_in":9223372036854775807}"#)
        )
        let token = try scene.cloud.connection.exchange(Secret("identity"), for: personal)
        #expect(token.expiresIn == 3_153_600_000)
    }

    @Test(arguments: [
        (TokenExchange.TokenType.personal(user: "jo"), #"personal","scope":"user:jo""#),
        (.team("ops"), #"team","scope":"team:ops""#),
        (.organization, #"organization","expiration""#), (.runner, #"runner","expiration""#),
    ])
    func `the scope follows from the type`(type: TokenExchange.TokenType, part: String) throws {
        let scene = try Scene(exchange, .reply(200, #"{"access_token":"pul-x"}"#))
        let token = try scene.cloud.connection.exchange(
            Secret("identity"),
            for: TokenExchange(organization: "acme", type: type, expiration: 180)
        )
        #expect(scene.transport.requests.first?.text.contains(part) == true)
        #expect(token == ExchangedToken(value: Secret("pul-x")))
    }

    @Test(arguments: [TokenExchange.TokenType.personal(user: "jo"), .team("ops"), .organization, .runner])
    func `a scope that was given is passed through`(type: TokenExchange.TokenType) throws {
        let scene = try Scene(exchange, .reply(200, #"{"access_token":"pul-x"}"#))
        let wanted = TokenExchange(organization: "acme", type: type, expiration: 180, scope: "runner:pool 1")
        _ = try scene.cloud.connection.exchange(Secret("identity"), for: wanted)
        #expect(scene.transport.requests.first?.text.contains(#""scope":"runner:pool 1""#) == true)
    }

    @Test(arguments: ["", "{}", #"{"access_token":""}"#, #"{"access_token":null}"#, #"{"access_token":"a b"}"#])
    func `a reply without an access token is a failure`(body: String) throws {
        let scene = try Scene(exchange, .reply(200, body))
        let error = failure { () throws(CloudError) in
            try scene.cloud.connection.exchange(Secret("identity"), for: personal)
        }
        #expect(error?.status == 200)
    }

    @Test func `a refusal is told in the words of RFC 6749, without the identity token`() throws {
        let scene = try Scene(
            exchange,
            .reply(400, #"{"error":"invalid_grant","error_description":"identity: no policy matches"}"#)
        )
        let error = failure { () throws(CloudError) in
            try scene.cloud.connection.exchange(Secret("identity"), for: personal)
        }
        #expect(error?.summary == "status 400: invalid_grant: ***: no policy matches")
        #expect(error?.isRetryable == false)
    }
}
