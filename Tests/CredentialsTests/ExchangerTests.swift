import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import Testing

/// From the job's identity token to an access token.
@Suite struct ExchangerTests {
    private let gitHub = Environment([
        "GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/idtoken?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer",
    ])
    private let ask = "GET https://token.example/idtoken?api-version=2.0&audience=urn%3Apulumi%3Aorg%3Aacme"
    private let granted = StubTransport.Reply.reply(200, #"{"access_token":"pul-x","expires_in":120}"#)

    private func issued(_ value: String) -> StubTransport.Reply { .reply(200, #"{"count":1,"value":"\#(value)"}"#) }

    @Test func `GitHub is asked for the audience, and everything is masked before it is used`() throws {
        let scene = Scene([(ask, issued("jwt-1")), (Scene.exchange, granted)])
        let access = try scene.open(try identitySource(gitHub), environment: gitHub)

        #expect(scene.events.all == ["mask bearer", ask, "mask jwt-1", Scene.exchange, "mask pul-x"])
        #expect(
            scene.transport.requests.first?.text == """
                \(ask)
                Authorization: Bearer bearer
                Accept: application/json
                User-Agent: pulumi-token/test

                """
        )
        guard case .secret = scene.transport.requests.first?.fields.first?.value else {
            Issue.record("the bearer is not a secret")
            return
        }
        #expect(scene.transport.requests.last?.text.contains(#""subject_token":"jwt-1""#) == true)
        #expect(scene.transport.requests.last?.text.contains(#""expiration":180"#) == true)
        #expect(access.credential.text == "pul-x")
        #expect(access.exchanged?.expiresIn == 120)
        #expect(scene.transport.finish() == [])
    }

    @Test func `a request URL without a query gets one, and odd names are encoded`() throws {
        let environment = gitHub.replacing(["ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/idtoken"])
        let ask = "GET https://token.example/idtoken?audience=urn%3Apulumi%3Aorg%3Aa%20%26b%C3%A9"
        let scene = Scene([(ask, issued("jwt-1")), (Scene.exchange, granted)])
        _ = try scene.open(try identitySource(environment, organization: "a &bé"), environment: environment)
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [502, 503, 504, 429])
    func `GitHub is asked again after a passing failure`(status: Int) throws {
        let scene = Scene([
            (ask, .reply(status)), (ask, .lost(.timeout, arrived: true)), (ask, issued("jwt-1")),
            (Scene.exchange, granted),
        ])
        _ = try scene.open(try identitySource(gitHub), environment: gitHub)
        #expect(scene.time.pauses.count == 2)
        #expect(scene.transport.finish() == [])
    }

    @Test func `GitHub is asked again while the job is still pending there`() throws {
        let text = "can't issue ID_TOKEN on Pipeline or Job which are in 'Pending' state"
        let scene = Scene([
            (ask, .reply(403, #"{"message":"\#(text)"}"#)), (ask, .reply(403, text)), (ask, issued("jwt-1")),
            (Scene.exchange, granted),
        ])
        _ = try scene.open(try identitySource(gitHub), environment: gitHub)
        #expect(scene.time.pauses.count == 2)
        #expect(scene.transport.finish() == [])
    }

    @Test(
        arguments: [
            (.reply(401, "no"), .notAllowed, "status 401: no", false),
            (.reply(403, #"{"message":"job is over"}"#), .notAllowed, "status 403: job is over", false),
            (.reply(200, "{}"), .notAllowed, "the reply has no usable value", false),
            (.reply(200, "<html>"), .notAllowed, "the reply has no usable value", false),
            (.reply(200, #"{"value":7}"#), .notAllowed, "the reply has no usable value", false),
            (
                .lost(.refusedURL, "http://token.example is not HTTPS"), .notAllowed,
                "http://token.example is not HTTPS", false
            ),
        ] as [(StubTransport.Reply, ExitCode, String, Bool)]
    )
    func `a lasting failure of GitHub ends it`(
        reply: StubTransport.Reply,
        code: ExitCode,
        detail: String,
        isTransient: Bool
    ) throws {
        let scene = Scene([(ask, reply)])
        let source = try identitySource(gitHub)
        let refusal = explanation { () throws(Explanation) in try scene.open(source, environment: gitHub) }
        #expect(
            refusal
                == Explanation(
                    code,
                    "cannot get an identity token from GitHub: \(detail)",
                    hint: "check that the job is still running and has 'id-token: write'"
                )
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `an outage of GitHub lasts until the deadline`() throws {
        let scene = Scene([(ask, .reply(503)), (ask, .reply(503)), (ask, .reply(503))])
        let source = try identitySource(gitHub)
        let refusal = explanation { () throws(Explanation) in
            // Pauses of 1, 2 and 4 seconds.
            try scene.open(source, environment: gitHub, deadline: .seconds(4))
        }
        #expect(
            refusal
                == Explanation(
                    .unavailable,
                    "cannot get an identity token from GitHub: status 503",
                    hint: "run the job again, or set --deadline to a longer time"
                )
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `what GitHub sends is checked like any other token`() throws {
        let scene = Scene([(ask, issued("two words"))])
        let source = try identitySource(gitHub)
        let refusal = explanation { () throws(Explanation) in try scene.open(source, environment: gitHub) }
        #expect(
            refusal?.message
                == "the reply of GitHub's service does not look like an identity token: it contains spaces or tabs"
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `each attempt to exchange has an identity of its own`() throws {
        let scene = Scene([
            (ask, issued("jwt-1")), (Scene.exchange, .reply(503)), (ask, issued("jwt-2")),
            (Scene.exchange, .lost(.connectionLost, arrived: true)), (ask, issued("jwt-3")),
            (Scene.exchange, .reply(429, fields: [("Retry-After", "7")])), (ask, issued("jwt-4")),
            (Scene.exchange, granted),
        ])
        _ = try scene.open(try identitySource(gitHub), environment: gitHub)
        let exchanged = scene.transport.requests.filter { $0.method == "POST" }.map(\.text)
        for (number, text) in exchanged.enumerated() { #expect(text.contains("jwt-\(number + 1)\"")) }
        #expect(scene.events.all.filter { $0.hasPrefix("mask jwt") } == (1...4).map { "mask jwt-\($0)" })
        #expect(scene.time.pauses.count == 3)
        #expect(scene.time.pauses.last.map { $0 >= .seconds(7) } == true)
        #expect(scene.transport.finish() == [])
    }

    @Test func `a file is read again for each attempt`() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("jwt-1\n", to: "token")
        let scene = Scene([(Scene.exchange, .reply(503)), (Scene.exchange, granted)])
        let record = scene.transport.underWay
        scene.transport.underWay = {
            record($0)
            // As Kubernetes renews a projected token.
            _ = try? folder.write("jwt-2\n", to: "token")
        }
        let source = try identitySource(Environment([:])) { $0.tokenFile = NamedText(path, place: "--oidc-token-file") }
        _ = try scene.open(source)
        #expect(scene.events.all == ["mask jwt-1", Scene.exchange, "mask jwt-2", Scene.exchange, "mask pul-x"])
        #expect(scene.transport.finish() == [])
    }

    @Test func `a variable is as good a source`() throws {
        let scene = Scene([(Scene.exchange, .reply(500)), (Scene.exchange, granted)])
        let environment = Environment(["ID_TOKEN": "jwt-1\n"])
        let source = try identitySource(environment) {
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        }
        _ = try scene.open(source, environment: environment)
        #expect(scene.events.all == ["mask jwt-1", Scene.exchange, "mask jwt-1", Scene.exchange, "mask pul-x"])
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [
        ([:], "cannot find the identity token: ID_TOKEN is not set or empty"),
        (["ID_TOKEN": ""], "cannot find the identity token: ID_TOKEN is not set or empty"),
        (["ID_TOKEN": "a\nb"], "ID_TOKEN does not look like an identity token: it has several lines"),
    ])
    func `a variable without a token is an error before any request`(
        environment: [String: String],
        message: String
    ) throws {
        let scene = Scene()
        let environment = Environment(environment)
        let source = try identitySource(environment) {
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        }
        let refusal = explanation { () throws(Explanation) in try scene.open(source, environment: environment) }
        #expect(refusal?.exitCode == .notAllowed)
        #expect(refusal?.message == message)
        #expect(scene.events.all == [])
    }

    @Test func `a file without a token is an error before any request`() throws {
        let scene = Scene()
        let source = try identitySource(Environment([:])) {
            $0.tokenFile = NamedText("/nowhere", place: "--oidc-token-file")
        }
        let refusal = explanation { () throws(Explanation) in try scene.open(source) }
        #expect(refusal?.exitCode == .unreadableFile)
        #expect(refusal?.message == "cannot read /nowhere: no such file or directory")
        #expect(scene.events.all == [])
    }

    @Test func `a file with something else is called no identity token`() throws {
        let scene = Scene()
        let folder = try ScratchFolder()
        let path = try folder.write("two words", to: "token")
        let source = try identitySource(Environment([:])) { $0.tokenFile = NamedText(path, place: "--oidc-token-file") }
        let refusal = explanation { () throws(Explanation) in try scene.open(source) }
        #expect(refusal?.message == "\(path) does not look like an identity token: it contains spaces or tabs")
        #expect(scene.events.all == [])
    }

    @Test func `a cloud that is down is given up at the deadline`() throws {
        let scene = Scene([(ask, issued("jwt-1")), (Scene.exchange, .reply(429, fields: [("Retry-After", "300")]))])
        let source = try identitySource(gitHub)
        let refusal = explanation { () throws(Explanation) in try scene.open(source, environment: gitHub) }
        #expect(
            refusal
                == Explanation(
                    .unavailable,
                    "rate limit exceeded: Pulumi Cloud asks to wait 5 minutes",
                    hint: "set --deadline to a longer time, or start fewer jobs at once"
                )
        )
        #expect(scene.transport.finish() == [])
    }
}
