import Credentials
import HTTPTransport
import HostSystem
import StubTransport
import Testing

/// An exchange that Pulumi Cloud refuses.
@Suite struct ExchangeRefusalTests {
    /// The refusal of an exchange with the token of a variable.
    private func refusal(_ scene: Scene, identity: String) throws -> Explanation? {
        let environment = Environment(["ID_TOKEN": identity])
        let source = try identitySource(environment) {
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        }
        return explanation { () throws(Explanation) in try scene.open(source, environment: environment) }
    }

    @Test(
        arguments: [
            (
                400, #"{"error":"invalid_grant","error_description":"no policy allows this"}"#,
                "invalid_grant: no policy allows this"
            ),
            (401, #"{"error":"invalid_token"}"#, "invalid_token"),
            (403, #"{"code":403,"message":"Forbidden"}"#, "Forbidden"), (400, "", "status 400"),
            (400, "bad request", "bad request"), (400, #"{"error":"x","error_description":"a\nb"}"#, "x: a b"),
        ]
    )
    func `a refusal is told in the words of RFC 6749, with what is odd about the token`(
        status: Int,
        body: String,
        detail: String
    ) throws {
        let scene = Scene([(Scene.exchange, .reply(status, body))])
        let identity = identityToken(#"{"aud":"urn:pulumi:org:other","exp":1799999960}"#)
        #expect(
            try refusal(scene, identity: identity)
                == Explanation(
                    .notAllowed,
                    "cannot exchange the identity token: \(detail); its audience is urn:pulumi:org:other, Pulumi "
                        + "expects urn:pulumi:org:acme; it expired 40 seconds ago",
                    hint: "check the OIDC issuers and their policies in the settings of the organization acme"
                )
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `the server's clock counts, if it tells its time`() throws {
        let reply = StubTransport.Reply.reply(
            400,
            #"{"error":"invalid_grant"}"#,
            fields: [("Date", "Fri, 15 Jan 2027 08:01:00 GMT")]
        )
        let scene = Scene([(Scene.exchange, reply)])
        let identity = identityToken(#"{"aud":"urn:pulumi:org:acme","exp":1800000020}"#)
        #expect(
            try refusal(scene, identity: identity)?.message
                == "cannot exchange the identity token: invalid_grant; it expired 40 seconds ago"
        )
    }

    @Test func `a token that is none is called so, and never shown`() throws {
        let scene = Scene([
            (Scene.exchange, .reply(400, #"{"error":"invalid_grant","error_description":"bad: secret-token"}"#))
        ])
        #expect(
            try refusal(scene, identity: "secret-token")?.message
                == "cannot exchange the identity token: invalid_grant: bad: ***; it is not a JWT"
        )
    }

    @Test(
        arguments: [
            (
                .reply(404, "404 page not found\n"), .unavailable,
                "this server does not look like the Pulumi Cloud API: status 404: 404 page not found"
            ),
            (
                .reply(404, #"{"code":404,"message":"no such organization"}"#), .failed,
                "Pulumi Cloud did not find the requested object: status 404: no such organization"
            ),
            (
                .reply(200, #"{"access_token":""}"#), .unavailable,
                "Pulumi Cloud sent an unreadable reply with status 200: it has no usable access_token"
            ),
            (
                .reply(200, "<html>"), .unavailable,
                "Pulumi Cloud sent an unreadable reply with status 200: it is not the JSON of an exchanged token"
            ),
            (
                .lost(.tls, "the certificate of api.pulumi.com has expired"), .unavailable,
                "the certificate of api.pulumi.com has expired"
            ),
        ] as [(StubTransport.Reply, ExitCode, String)]
    )
    func `what is no refusal of the identity is told as what it is`(
        reply: StubTransport.Reply,
        code: ExitCode,
        message: String
    ) throws {
        let scene = Scene([(Scene.exchange, reply)])
        let refusal = try refusal(scene, identity: "jwt-1")
        #expect(refusal?.exitCode == code)
        #expect(refusal?.message == message)
        #expect(scene.transport.finish() == [])
    }
}
