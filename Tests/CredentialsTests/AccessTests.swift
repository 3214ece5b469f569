import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import Testing

@testable import Credentials

/// Pulumi Cloud with the credential that was found.
@Suite struct AccessTests {
    private let exchanged = StubTransport.Reply.reply(200, #"{"access_token":"pul-x","expires_in":120}"#)
    private let environment = Environment(["ID_TOKEN": "jwt-1"])

    private func source(_ use: OIDCOptions.Use = .auto) throws -> CredentialSource {
        var options = OIDCOptions()
        options.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        options.use = use
        options.user = NamedText("alice", place: "--oidc-user")
        return .oidc(try IdentityExchange("acme", options, on: .someCI))
    }

    @Test(arguments: [
        CredentialSource.given(Secret("parent"), place: "the input access-token"),
        .variable(Secret("parent"), name: "PULUMI_ACCESS_TOKEN"),
        .login(PulumiLogin.Entry(token: Secret("parent"), user: nil, path: "/c.json", isExposed: false)),
    ])
    func `a stored credential is masked and used, without a request`(source: CredentialSource) throws {
        let scene = Scene([(Scene.user, .reply(200, #"{"githubLogin":"jo"}"#))])
        let access = try scene.open(source)
        #expect(scene.events.all == ["mask parent"])
        #expect(access.credential.text == "parent")
        #expect(access.exchanged == nil)
        #expect(!access.isDirect)
        #expect(!access.mayUseExchangedToken)

        #expect(try access.cloud.currentUser().login == "jo")
        #expect(scene.transport.requests.last?.text.contains("Authorization: token parent\n") == true)
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [(OIDCOptions.Use.auto, false, true), (.mint, false, false), (.direct, true, false)])
    func `an exchanged token is used as the user says`(use: OIDCOptions.Use, isDirect: Bool, mayUse: Bool) throws {
        let scene = Scene([(Scene.exchange, exchanged)])
        let access = try scene.open(try source(use), environment: environment)
        #expect(access.isDirect == isDirect)
        #expect(access.mayUseExchangedToken == mayUse)
        #expect(access.exchanged == ExchangedToken(value: Secret("pul-x"), expiresIn: 120))
        #expect(scene.transport.finish() == [])
    }

    @Test func `another lifetime takes another exchange`() throws {
        let again = StubTransport.Reply.reply(200, #"{"access_token":"pul-y","expires_in":3600}"#)
        let scene = Scene([(Scene.exchange, exchanged), (Scene.exchange, again)])
        let access = try scene.open(try source(), environment: environment)
        // What was granted counts, not what was asked for.
        #expect(
            try access.exchangeAgain(expiration: 7200) == ExchangedToken(value: Secret("pul-y"), expiresIn: 3600)
        )
        #expect(scene.transport.requests.last?.text.contains(#""expiration":7200"#) == true)
        #expect(scene.events.all.suffix(3) == ["mask jwt-1", Scene.exchange, "mask pul-y"])
        #expect(scene.transport.finish() == [])
    }

    @Test func `a mask that fails stops everything`() throws {
        let budget = VirtualClock().budget()
        let transport = StubTransport()
        let connection = CloudConnection(
            url: .pulumiCloud,
            transport: transport,
            timeout: .seconds(30),
            budget: budget,
            userAgent: "pulumi-token/test",
            warn: { _ in }
        )
        for source in [try source(), .given(Secret("parent"), place: "x")] {
            #expect(throws: Explanation(.cannotWrite, "no mask")) {
                try CloudAccess.open(
                    connection,
                    with: source,
                    expiration: 180,
                    environment: environment,
                    retrying: Retrying(budget: budget, random: .fixed(0), trace: { _ in }),
                    mask: { _ throws(Explanation) in throw Explanation(.cannotWrite, "no mask") }
                )
            }
        }
        #expect(transport.requests.isEmpty)
    }

    // MARK: A mint that was refused

    private func refused(_ status: Int) -> CloudError { .rejected(APIError(status: status, message: "Forbidden")) }

    private func plain(_ status: Int) -> Explanation { Explanation(explaining: refused(status)) }

    private func parentAccess(_ scene: Scene) throws -> CloudAccess {
        try scene.open(.given(Secret("parent"), place: "the input access-token"))
    }

    @Test(
        arguments: [
            (#"{"name":"ci","organization":"acme","team":"ops"}"#, "the team ops"),
            (#"{"name":"ci","organization":"acme"}"#, "the organization acme"), (#"{"name":"ci"}"#, "a machine"),
        ],
        [401, 403]
    )
    func `the token of a machine is named as the reason`(owner: (info: String, name: String), status: Int) throws {
        let user = #"{"githubLogin":"robot","tokenInfo":\#(owner.info)}"#
        let scene = Scene([(Scene.user, .reply(200, user))])
        #expect(
            try parentAccess(scene).explainMint(refused(status))
                == Explanation(
                    .notAllowed,
                    "cannot mint a personal token: the credential is a token of \(owner.name)",
                    hint: "use a personal access token or --oidc-type personal, or mint with --kind team or "
                        + "--kind organization"
                )
        )
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [
        StubTransport.Reply.reply(200, #"{"githubLogin":"jo"}"#), .reply(401), .reply(200, "<html>"), .lost(.timeout),
    ])
    func `a person's credential is told what the server said`(reply: StubTransport.Reply) throws {
        let scene = Scene([(Scene.user, reply)])
        #expect(try parentAccess(scene).explainMint(refused(403)) == plain(403))
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [400, 404, 429, 500])
    func `nobody is asked about other failures`(status: Int) throws {
        let scene = Scene()
        #expect(try parentAccess(scene).explainMint(refused(status)) == plain(status))
        #expect(scene.transport.finish() == [])
    }

    @Test func `an exchanged token that may not mint can be used itself`() throws {
        let scene = Scene([(Scene.exchange, exchanged), (Scene.user, .reply(200, #"{"githubLogin":"jo"}"#))])
        let access = try scene.open(try source(.mint), environment: environment)
        #expect(
            access.explainMint(refused(403))
                == Explanation(
                    .notAllowed,
                    "Pulumi Cloud does not allow this: status 403: Forbidden",
                    hint:
                        "use a stored token, or set --oidc-use to direct: the job then uses the exchanged token, "
                        + "which cannot be revoked"
                )
        )
        #expect(scene.transport.finish() == [])
    }
}
