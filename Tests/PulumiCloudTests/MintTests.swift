import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import Testing

@Suite struct MintTests {
    @Test func `a mint sends description and expiry, and brings id and value`() throws {
        let scene = try Scene(
            mint + "?reason=GitHub%20Actions",
            .reply(
                200,
                #"{"id":"t-1","tokenValue":"pul-x","extra":[1]}"#,
                fields: [("date", "Fri, 15 Jan 2027 08:00:00 GMT")]
            )
        )
        let token = try scene.cloud.createToken(
            description: "a \"b\"\\\n\u{1}é",
            expires: 1_800_003_600,
            reason: "GitHub Actions"
        )

        #expect(token.id.rawValue == "t-1")
        #expect(token.value == Secret("pul-x"))
        #expect(token.serverTime == 1_800_000_000)
        #expect(
            scene.transport.requests.map(\.text) == [
                """
                POST https://api.pulumi.com/api/user/tokens?reason=GitHub%20Actions
                Authorization: token parent-credential
                Accept: application/vnd.pulumi+8
                Content-Type: application/json
                User-Agent: pulumi-token/test

                {"description":"a \\"b\\"\\\\\\u000a\\u0001é","expires":1800003600}
                """
            ]
        )
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [200, 201, 202, 204])
    func `any 2xx with a body is a mint`(status: Int) throws {
        let scene = try Scene(mint, .reply(status, #"{"id":"t-1","tokenValue":"pul-x"}"#))
        #expect(try scene.cloud.createToken(description: "", expires: 1, reason: nil).id.rawValue == "t-1")
    }

    @Test func `without a date in the reply there is no server time`() throws {
        let scene = try Scene(mint, .reply(200, #"{"id":"t-1","tokenValue":"pul-x"}"#, fields: [("Date", "today")]))
        #expect(try scene.cloud.createToken(description: "", expires: 1, reason: nil).serverTime == nil)
    }

    @Test(arguments: [
        ("", "it is not the JSON of a new token"),
        ("<html>", "it is not the JSON of a new token"),
        (#"{"id":"t-1","tokenVal"#, "it is not the JSON of a new token"),
        ("[]", "it is not the JSON of a new token"),
        ("{}", "it has no usable id"),
        (#"{"id":null,"tokenValue":"pul-x"}"#, "it has no usable id"),
        (#"{"id":7,"tokenValue":"pul-x"}"#, "it has no usable id"),
        (#"{"id":"","tokenValue":"pul-x"}"#, "it has no usable id"),
        (#"{"id":"a\nb","tokenValue":"pul-x"}"#, "it has no usable id"),
    ])
    func `a reply without a usable id is unreadable and may hide a token`(body: String, detail: String) throws {
        let scene = try Scene(mint, .reply(200, body, fields: [("X-Pulumi-Request-ID", "r-1")]))
        let error = failure { () throws(CloudError) in
            try scene.cloud.createToken(description: "", expires: 1, reason: nil)
        }
        #expect(error == .unreadable(status: 200, detail: detail, requestID: "r-1", serverTime: nil))
        #expect(error?.mayHaveActed == true)
        #expect(error?.isRetryable == false)
        #expect(error?.tokenID == nil)
        #expect(error?.summary == "unreadable reply with status 200: \(detail) (request r-1)")
    }

    @Test(arguments: [
        #"{"id":"t-1"}"#,
        #"{"id":"t-1","tokenValue":null}"#,
        #"{"id":"t-1","tokenValue":""}"#,
        #"{"id":"t-1","tokenValue":5}"#,
        #"{"id":"t-1","tokenValue":"a b"}"#,
        #"{"id":"t-1","tokenValue":"a\n"}"#,
        #"{"id":"t-1","tokenValue":"ä"}"#,
        #"{"id":"t-1","tokenValue":"\#(String(repeating: "x", count: 4097))"}"#,
    ])
    func `a token without a usable value keeps its id, so that it can be revoked`(body: String) throws {
        let scene = try Scene(mint, .reply(201, body))
        let error = failure { () throws(CloudError) in
            try scene.cloud.createToken(description: "", expires: 1, reason: nil)
        }
        #expect(try error?.tokenID == TokenID("t-1"))
        #expect(error?.mayHaveActed == true)
    }

    @Test func `warnings of the server are passed on as one line each, without the credential`() throws {
        let scene = try Scene(
            mint,
            .reply(
                200,
                #"{"id":"t-1","tokenValue":"pul-x"}"#,
                fields: [
                    ("X-Pulumi-Warning", "old \u{1b}[31mclient"), ("x-pulumi-warning", "saw parent-credential"),
                    ("X-Pulumi-Warning", " "),
                ]
            )
        )
        _ = try scene.cloud.createToken(description: "", expires: 1, reason: nil)
        #expect(scene.warnings.all == ["old [31mclient", "saw ***"])
    }

    @Test func `another credential uses the same cloud and transport`() throws {
        let scene = try Scene(
            url: "https://ci.acme.com/p",
            [("GET https://ci.acme.com/p/api/user", .reply(200, #"{"githubLogin":"a"}"#))]
        )
        _ = try scene.cloud.withCredential(Secret("other")).currentUser()
        #expect(scene.transport.requests.first?.text.contains("Authorization: token other\n") == true)
        #expect(scene.transport.finish() == [])
    }

    @Test func `a request never takes longer than what is left of the whole`() throws {
        let scene = try Scene([
            (user, .reply(200, #"{"githubLogin":"a"}"#)), (user, .reply(200, #"{"githubLogin":"a"}"#)),
        ])
        _ = try scene.cloud.currentUser()
        scene.time.advance(by: .seconds(100))
        _ = try scene.cloud.currentUser()
        scene.time.advance(by: .seconds(20))
        let error = failure { () throws(CloudError) in try scene.cloud.currentUser() }

        #expect(scene.transport.requests.map(\.timeout) == [.seconds(30), .seconds(20)])
        #expect(error?.summary == "the deadline has passed")
        #expect(error?.mayHaveActed == false)
        #expect(scene.transport.finish() == [])
    }

    @Test func `after a signal a request has at most the grace, and then none is sent`() throws {
        let scene = try Scene(user, .reply(200, #"{"githubLogin":"a"}"#))
        scene.time.raise(15)
        #expect(scene.cloud.connection.budget.isInterrupted)
        _ = try scene.cloud.currentUser()
        scene.time.advance(by: .seconds(5))
        let error = failure { () throws(CloudError) in try scene.cloud.currentUser() }

        #expect(scene.transport.requests.map(\.timeout) == [.seconds(5)])
        #expect(
            error
                == .transport(
                    TransportError(.interrupted, requestMayHaveArrived: false, detail: "interrupted by a signal")
                )
        )
        #expect(scene.transport.finish() == [])
    }
}
