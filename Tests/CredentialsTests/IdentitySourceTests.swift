import CISystems
import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestBench
import Testing

@testable import Credentials

/// Where the job's identity token comes from, and what it is exchanged for.
@Suite struct IdentitySourceTests {
    private let gitHub = [
        "GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/?v=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-value",
    ]

    private let jo = NamedText("jo", place: "--oidc-user")

    private func options(_ change: (inout OIDCOptions) -> Void = { _ in }) -> OIDCOptions {
        var options = OIDCOptions()
        change(&options)
        return options
    }

    private func source(
        _ options: OIDCOptions,
        _ environment: [String: String] = [:]
    ) throws(CredentialError) -> IdentityTokenSource {
        try IdentityTokenSource(options, on: .of(environment))
    }

    private func refusal(_ options: OIDCOptions, _ environment: [String: String] = [:]) -> CredentialError? {
        do throws(CredentialError) {
            _ = try source(options, environment)
            return nil
        } catch {
            return error
        }
    }

    @Test func `GitHub's service is asked where the job has it`() throws {
        #expect(
            try source(options(), gitHub)
                == .gitHub(requestURL: "https://token.example/?v=2", bearer: Secret("request-value"))
        )
    }

    @Test func `what an option names comes first`() throws {
        let file = options { $0.tokenFile = NamedText("/run/token", place: "--oidc-token-file") }
        #expect(try source(file, gitHub) == .file("/run/token"))
        let variable = options { $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env") }
        #expect(try source(variable, gitHub) == .variable("ID_TOKEN"))
    }

    @Test func `two are one too many, and an empty one is none`() {
        let both = options {
            $0.tokenFile = NamedText("/run/token", place: "--oidc-token-file")
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        }
        #expect(refusal(both) == .several(["--oidc-token-file", "--oidc-token-env"]))
        let emptyFile = options { $0.tokenFile = NamedText("", place: "--oidc-token-file") }
        #expect(refusal(emptyFile, gitHub) == .empty("--oidc-token-file"))
        let emptyVariable = options { $0.tokenVariable = NamedText("", place: "the input oidc-token-env") }
        #expect(refusal(emptyVariable, gitHub) == .empty("the input oidc-token-env"))
    }

    @Test(
        arguments: [
            (["GITHUB_ACTIONS": "true"], .noPermission(isFork: false)),
            (["GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x"], .noPermission(isFork: false)),
            (["GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"], .noPermission(isFork: false)),
            (
                [
                    "GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
                ],
                .noPermission(isFork: false)
            ),
            (["GITLAB_CI": "true"], .noSource(isDeclared: true)), (["GITLAB_CI": ""], .noSource(isDeclared: false)),
            (["CI": "true", "GITLAB_CI": "false"], .noSource(isDeclared: false)),
            ([:], .noSource(isDeclared: false)),
        ] as [([String: String], IdentityProblem)]
    )
    func `without one the way out depends on the system`(environment: [String: String], problem: IdentityProblem) {
        #expect(refusal(options(), environment) == .identity(problem))
    }

    @Test func `a fork's pull request is told that it gets none`() throws {
        let folder = try ScratchFolder()
        let event = try folder.write(
            #"{"pull_request":{"head":{"repo":{"full_name":"someone/app"}}}}"#,
            to: "event.json"
        )
        let environment = [
            "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event,
            "GITHUB_REPOSITORY": "acme/app",
        ]
        #expect(refusal(options(), environment) == .identity(.noPermission(isFork: true)))
    }

    @Test func `a token in the place of its variable's name is refused, and not shown`() throws {
        let token = identityToken(#"{"aud":"urn:pulumi:org:acme"}"#)
        for text in [token, "$ID_TOKEN", "A B", "1X", "pul" + "-" + String(repeating: "0a", count: 20)] {
            let wrong = options { $0.tokenVariable = NamedText(text, place: "--oidc-token-env") }
            let refusal = refusal(wrong, gitHub)
            #expect(refusal == .notAName(place: "--oidc-token-env"))
            #expect(refusal?.message.contains(text) == false)
        }
    }

    @Test func `what must not appear in a log is known without asking`() throws {
        let environment = Environment(["ID_TOKEN": "identity", "EMPTY": ""])
        #expect(try source(options(), gitHub).secret(in: environment)?.text == "request-value")
        #expect(IdentityTokenSource.variable("ID_TOKEN").secret(in: environment)?.text == "identity")
        #expect(IdentityTokenSource.variable("EMPTY").secret(in: environment) == nil)
        #expect(IdentityTokenSource.file("/run/token").secret(in: environment) == nil)
    }

    @Test(
        arguments: [
            (.personal(user: "jo"), "a token of jo in acme", "personal jo acme"),
            (.team("ops"), "a token of the team ops in acme", "team ops acme"),
            (.organization, "a token of the organization acme", "organization acme"),
            (.runner, "a runner token in acme", "runner acme runner:pool"),
        ] as [(TokenExchange.TokenType, String, String)]
    )
    func `an exchange is named by what it is for`(type: TokenExchange.TokenType, target: String, name: String) throws {
        let options = options {
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
            switch type {
            case .personal(let user): $0.user = NamedText(user, place: "--oidc-user")
            case .team(let team): ($0.type, $0.team) = ("team", NamedText(team, place: "--oidc-team"))
            case .organization: $0.type = "organization"
            case .runner: ($0.type, $0.scope) = ("runner", NamedText("runner:pool", place: "--oidc-scope"))
            }
        }
        let exchange = try IdentityExchange("acme", options, on: .someCI)
        #expect(exchange.type == type)
        #expect(exchange.identityName == name)
        #expect(
            CredentialSource.oidc(exchange).sentence == "using the identity token in ID_TOKEN, exchanged for \(target)"
        )
    }

    @Test(arguments: ["personal", "team", "runner"])
    func `a token of somebody needs to know whose, before anything is sent`(type: String) {
        #expect(throws: CredentialError.ownerMissing(type: type)) {
            try IdentityExchange("acme", options { $0.type = type }, on: .of(gitHub))
        }
    }

    @Test(
        arguments: [
            ("personal", "user:jo", .personal(user: "jo")), ("team", "team:ops", .team("ops")),
            ("organization", "admin", .organization), ("runner", "runner:pool", .runner),
        ] as [(String, String, TokenExchange.TokenType)]
    )
    func `a scope says it too, and is passed through`(
        type: String,
        scope: String,
        meaning: TokenExchange.TokenType
    ) throws {
        let options = options { ($0.type, $0.scope) = (type, NamedText(scope, place: "--oidc-scope")) }
        let exchange = try IdentityExchange("acme", options, on: .of(gitHub))
        #expect(exchange.type == meaning)
        #expect(exchange.scope == scope)
    }

    @Test func `a scope beside a user or a team is one too many`() {
        let both = options {
            ($0.user, $0.scope) = (NamedText("jo", place: "--oidc-user"), NamedText("x", place: "--oidc-scope"))
        }
        #expect(throws: CredentialError.several(["--oidc-user", "--oidc-scope"])) {
            try IdentityExchange("acme", both, on: .of(gitHub))
        }
    }

    @Test func `a source is told in a sentence, without its value`() throws {
        let entry = PulumiLogin.Entry(token: Secret("value"), user: "jo", path: "/c.json", isExposed: true)
        let exchange = try IdentityExchange("acme", options { $0.user = jo }, on: .of(gitHub))
        let file = try IdentityExchange(
            "acme",
            options {
                $0.tokenFile = NamedText("/run/token", place: "--oidc-token-file")
                $0.user = jo
            },
            on: .someCI
        )
        let sources: [CredentialSource] = [
            .given(Secret("value"), place: "the input access-token"),
            .variable(Secret("value"), name: "PULUMI_ACCESS_TOKEN"), .login(entry), .oidc(exchange), .oidc(file),
        ]
        #expect(
            sources.map(\.sentence) == [
                "using the credential from the input access-token", "using the credential in PULUMI_ACCESS_TOKEN",
                "using the Pulumi CLI's login in /c.json",
                "using an identity token of GitHub, exchanged for a token of jo in acme",
                "using the identity token in /run/token, exchanged for a token of jo in acme",
            ]
        )
        #expect(sources.map { $0.secret?.text } == ["value", "value", "value", nil, nil])
        #expect(!"\(sources)".contains("value"))
    }
}
