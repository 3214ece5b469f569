import CISystems
import Glibc
import HTTPTransport
import HostSystem
import PulumiCloud
import Supervision
import TestMachine
import TokenLifecycle

@testable import Credentials
@testable import pulumi_token

/// Every error that the product can end with, one example of each, with the texts as people read them.
struct MessageCatalogue {
    struct Section {
        let title: String
        let explanations: [Explanation]

        init(_ title: String, _ explanations: [Explanation]) {
            (self.title, self.explanations) = (title, explanations)
        }

        init(_ title: String, of errors: [some ExplainedError]) {
            self.init(title, errors.map { Explanation($0) })
        }
    }

    static let sections = [
        Section(
            "The command line, variables and inputs",
            commandLines.map { Explanation($0) } + choices + commandProblems
        ),
        Section("The address of the cloud", urls),
        Section("Which cloud", choice),
        Section("The credential", of: credentials),
        Section("OIDC", of: identities.map { CredentialError.identity($0) }),
        Section("The stages of the GitHub action", actionProblems),
        Section("Pulumi Cloud and the way to it", clouds.map { Explanation(explaining: $0) }),
        Section("Tokens of teams and organizations", refusals),
        Section("Before a mint", preparations),
        Section(
            "What was minted",
            [.notListed, .neverExpires, .notAccepted("status 401"), .expiresLater(granted: 1 << 31, asked: 1 << 30)]
        ),
        Section("Handing the token over", of: exports),
        Section("Running a command", of: commands),
        Section("The credential helper", helper),
        Section("Files and signals", others),
    ]

    /// The page for people.
    static var markdown: String {
        let head = """
            # Messages

            Every error that ends a command, by example, with its exit code. On stderr each is
            `pulumi-token: error: ...`, and the way out `pulumi-token: hint: ...`; on GitHub the two are an annotation
            too. Before a command of `exec` runs, the exit code is 125 instead. Written by the tests, which compare.

            """
        return head
            + sections.map { section in
                "\n## \(section.title)\n\n| exit | message | hint |\n| --- | --- | --- |\n"
                    + section.explanations.map {
                        "| \($0.exitCode.rawValue) | \(cell($0.message)) | \(cell($0.hint ?? "")) |\n"
                    }.joined()
            }.joined()
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    // MARK: One example of each

    private static var commandLines: [UsageError] {
        let lines: [(pulumi_token.Command, [String])] = [
            (.mint, ["--tll", "5m"]), (.mint, ["--frobnicate"]), (.mint, ["--older-than", "1d"]), (.mint, ["--ttl"]),
            (.mint, ["--ttl", ""]), (.mint, ["--session", "\u{FFFD}"]),
            (.mint, ["--verify=yes"]), (.mint, ["--shell", "csh"]), (.mint, ["word"]), (.exec, []),
        ]
        let variables = ["PULUMI_TOKEN_VERIFY": "yes", "PULUMI_TOKEN_SHELL": "csh"].sorted { $0.key < $1.key }
        let lifetimes = [
            ["--ttl", "soon"], ["--ttl", "1s"], ["--ttl", "30"], ["--ttl", "9999d"], ["--expires", "tomorrow"],
            ["--expires", "1"],
            ["--expires", "1900000010"],
            ["--expires", "9999999999"],
            ["--expires", "2033-01-01T00:00:00Z", "--ttl", "1h"],
        ]
        var errors = lines.map { problem($0, $1) }
        for (name, value) in variables { errors.append(problem(.mint, [], environment: [name: value])) }
        for words in lifetimes {
            errors.append(
                failure { () throws(UsageError) in
                    _ = try Lifetime(try parse(.mint, words), jobTimeLimit: nil, now: 1_900_000_000)
                }
            )
        }
        let ceiling = try? LifeCeiling.find(in: Environment([LifeCeiling.variable: "1h"]), policy: "/nonexistent")
        for words in [["--ttl", "2h"], ["--expires", "1900007200"]] {
            errors.append(
                failure { () throws(UsageError) in
                    let arguments = try parse(.mint, words)
                    _ = try Lifetime(arguments, jobTimeLimit: nil, now: 1_900_000_000, below: ceiling)
                }
            )
        }
        let kinds = [
            ["--org", "acme"], ["--kind", "team", "--org", "acme", "--role", "r"],
            ["--kind", "organization"], ["--kind", "team", "--org", "acme"],
            ["--kind", "organization", "--org", "a/b"],
        ]
        for words in kinds {
            errors.append(failure { () throws(UsageError) in _ = try parse(.mint, words).kind() })
        }
        for words in [["--env-name", "A"], ["--expires", "1"], ["--lease", "/tmp/x"]] {
            errors.append(
                failure { () throws(UsageError) in
                    try parse(.exec, ["--helper"] + words + ["--", "pulumi", "up"]).checkHelper()
                }
            )
        }
        for words in [["--timeout", "soon"], ["--timeout", "2d"]] {
            errors.append(failure { () throws(UsageError) in _ = try CloudOptions(try parse(.mint, words)) })
        }
        return errors.compactMap(\.self)
    }

    /// What `--export`, `--env-name` and the action's inputs may be.
    private static var choices: [Explanation] {
        guard var context = (try? Machine())?.context() else { return [] }
        context.workingFolder = nil
        let words = [
            ["--export", "file=x=y"], ["--export", "json=/tmp/x"], ["--export", "dotenv"], ["--export", "file="],
            ["--export", "file=x"], ["--export", "paper"], ["--env-name", "1X"],
            ["--export", "file", "--shell", "fish"],
        ]
        let exports = words.map { words in
            failure { () throws(Explanation) in
                let arguments = try explaining { () throws(UsageError) in try parse(.mint, words) }
                _ = try Exporter(arguments, in: context)
            }
        }
        let inputs = [["INPUT_OIDC-USE": "now"], ["INPUT_VERIFY": "yes"]].map { variables in
            failure { () throws(UsageError) in _ = try ActionInputs(Environment(variables)) }.map { Explanation($0) }
        }
        let helper = failure { () throws(UsageError) in
            try ActionInputs(Environment(["INPUT_HELPER": "true", "INPUT_REVOKE": "false"])).checkHelper()
        }
        let onCancel = failure { () throws(UsageError) in
            try ActionInputs(Environment(["INPUT_ON-CANCEL": "true", "INPUT_ISOLATE": "false"])).checkOnCancel()
        }
        let emptyID = failure { () throws(UsageError) in
            _ = try SubActionInputs.tokenIDs(in: Environment(["INPUT_TOKEN-ID": ""]))
        }
        return (exports + inputs + [helper, onCancel, emptyID].map { $0.map { Explanation($0) } }).compactMap(\.self)
    }

    private static let commandProblems: [Explanation] = [
        .unknownCommand("mnit", nearest: .mint), .unknownCommand("frob", nearest: nil), .unknownShell,
        .severalScopes(["--run", "--older-than"]),
        .noRunService, .noRunToken(variable: "GITHUB_TOKEN", isDefault: true),
        .notAnAge(Arguments.Value(text: "old", origin: .flag("older-than"))),
        .ageWithoutUnit(Arguments.Value(text: "24", origin: .flag("older-than"))), .noRun, .ownTokenUnknown,
        .notATokenID, .eventsOnOutput(place: "--events"), Explanation(UsageError.relativePath(place: "--events")),
        .mistypedID(meant("0b9f"), meant: meant("0b9f4711-5a3c")), .noSession, .revokeExports,
        .twoOutputs, .unknownView("sum"), .unreadableEvents(FileError(.open, "events.jsonl", code: ENOENT)),
        .unwritableReport(FileError(.open, "/reports/exec.json", code: EACCES)),
        .secretInText("--description"),
        .noRecord(of: meant("0b9f"), in: "/home/me/.local/state/pulumi-token", reason: "the credential was rejected"),
        .foreignLease(path: "/tmp/lease.json", reason: "it is not a lease record that this version can read"),
        .unreadableLease(FileError(.open, "/tmp/lease.json", code: EACCES)),
        .nothingToHide(variable: "DATABASE_PASSWORD", isSet: false),
        .nothingToHide(variable: "DATABASE_PASSWORD", isSet: true),
        .unreadable(FileError(.read, "standard input", code: EIO)),
        .unwritable(FileError(.write, "standard output", code: ENOSPC)),
    ]

    private static func meant(_ id: String) -> TokenID {
        guard let id = TokenID(rawValue: id) else { preconditionFailure("an id") }
        return id
    }

    private static let actionProblems: [Explanation] = [
        .unknownStage, .noStateFile, .otherBackend(cloud: "https://api.pulumi.com"), .noWorkFolder("infra"),
        .notRevoked(.notAllowed),
        .stateOfNobody, .stateIsNoLease,
        .otherCloud("https://api.pulumi.com"),
    ]

    private static let refusals: [Explanation] = {
        let team = TokenKind.team("platform", organization: "acme")
        return [
            Explanation(.missingRight("team:create_token"), to: .mint, of: team),
            Explanation(.missingRight("team:list_tokens"), to: .list, of: team),
            Explanation(.missingRight("org_token:delete"), to: .revoke, of: .organization("acme")),
            Explanation(.edition("Pro"), to: .mint, of: team),
            Explanation(.beyondCap(days: 7), to: .mint, of: team),
            Explanation(.nameTaken, to: .mint, of: team),
            Explanation(.unknownPlace, to: .mint, of: team),
            Explanation(.unknownPlace, to: .mint, of: .organization("acme")),
        ]
    }()

    private static let preparations: [Explanation] = [
        .unreadablePolicy(FileError(.use, "/etc/pulumi-token/policy", code: EPERM)),
        .leftBehind(Leftover(tokenID: TokenID(rawValue: "0b9f"), expires: 1 << 31), reason: "status 503"),
        .unusableCeiling(LifeCeiling.variable), .unusablePolicy(LifeCeiling.policyPath),
        .otherKind(.personal, exchanged: .team("platform", organization: "acme")),
        .leftBehind(Leftover(tokenID: nil, expires: 0), reason: "status 503"),
        .leaseTaken(path: "/tmp/lease.json"), .notALease(path: "/tmp/lease.json"),
        .noPrivateFolder(FileError(.make, "/tmp", code: EROFS)), .noPrivateFolder(nil),
        .unwritableFolder(FileError(.write, "/tmp/config.json", code: ENOSPC)), .tracedLog, .tracedShell,
        .unusableSession(place: "--session"),
    ]

    private static func problem(
        _ command: pulumi_token.Command,
        _ words: [String],
        environment: [String: String] = [:]
    ) -> UsageError? {
        failure { () throws(UsageError) in
            let parser = ArgumentParser(command: command, environment: Environment(environment))
            try parser.checkOperands(try parser.parse(words))
        }
    }

    private static func parse(_ command: pulumi_token.Command, _ words: [String]) throws(UsageError) -> Arguments {
        try ArgumentParser(command: command, environment: Environment([:])).parse(words)
    }

    private static func failure<Failure: Error>(_ body: () throws(Failure) -> Void) -> Failure? {
        do throws(Failure) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    private static var urls: [Explanation] {
        let errors: [CloudURLError] = [
            .notAURL, .userInformation, .queryOrFragment, .console(host: "app.pulumi.com"), .scheme, .insecure,
            .diy(scheme: "s3"), .apiPath,
        ]
        return errors.map { Explanation(.usage, "--cloud-url \($0.message)", hint: $0.hint) }
    }

    private static var choice: [Explanation] {
        let project = ProjectBackend(url: "https://pulumi.example.com", path: "/work/Pulumi.yaml")
        let input = NamedText("https://other.example.com", place: "the input cloud-url")
        let encrypted = CredentialError.login(.encrypted, path: "/home/me/.pulumi/credentials.json")
        let refused = [
            failure { () throws(Explanation) in _ = try CloudChoice.chooseForAction(nil, project: project) },
            failure { () throws(Explanation) in _ = try CloudChoice.chooseForAction(input, project: project) },
            failure { () throws(Explanation) in
                _ = try CloudChoice.choose(
                    nil,
                    environment: Environment([:]),
                    skipped: { _ in },
                    login: { () throws(CredentialError) in throw encrypted }
                )
            },
        ].compactMap(\.self)
        return refused + ProjectYAML.Problem.allCases.map { ProjectBackend.malformed(project.path, $0.rawValue) } + [
            ProjectBackend.unreadable(project.path, FileError(.open, project.path, code: EACCES))
        ]
    }

    private static let credentials: [CredentialError] = [
        .missing(.job), .missing(.unprotectedJob), .missing(.action), .missing(.person), .empty("PULUMI_ACCESS_TOKEN"),
        .emptyOrganization("the input oidc-org"),
        .several(["--access-token-file", "--oidc-org"]),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .tooLong, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .severalLines, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .blanks, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .unreplaced, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .quoted, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .json, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .path, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .foreign("GitHub"), isFile: false),
        .malformed(place: "/run/token", .assignment, isFile: true),
        .malformed(place: "/run/token", .empty, isFile: true),
        .malformed(place: "/run/token", .unprintable, isFile: true),
        .unreadable(FileError(.open, "/run/token", code: ENOENT)),
        .login(.malformed, path: "/home/me/.pulumi/credentials.json"),
        .login(.encrypted, path: "/home/me/.pulumi/credentials.json"),
        .login(.expired(secondsAgo: 7200), path: "/home/me/.pulumi/credentials.json"),
        .ownerMissing(type: "personal"), .ownerMissing(type: "team"), .ownerMissing(type: "runner"),
        .organizationMissing(beside: "--oidc-user"), .notAName(place: "--oidc-token-env"),
        .machine(owner: "the organization acme"),
    ]

    private static let identities: [IdentityProblem] = [
        .noPermission(isFork: true), .noPermission(isFork: false), .noSource(isDeclared: true),
        .noSource(isDeclared: false), .unset(variable: "PULUMI_OIDC_TOKEN"),
        .malformed(place: "PULUMI_OIDC_TOKEN", .blanks), .service("status 503", isTransient: true),
        .service("status 403", isTransient: false),
        .refused(
            detail: "invalid_grant: no policy matches",
            claims: ["the audience is sts.example.com, Pulumi expects urn:pulumi:org:acme", "it expired 40 s ago"],
            organization: "acme"
        ),
    ]

    /// What libcurl's codes become, in words of `HTTPTransport`.
    static let connections: [(TransportError.Failure, String)] = [
        (.refusedURL, "the URL of a request is invalid or contains a user name"),
        (.refusedURL, "http://api.example.com is not HTTPS"),
        (.nameLookup, "cannot look up the name api.example.com"),
        (.connect, "cannot connect to api.example.com: connection refused"),
        (.proxy, "the proxy http://proxy:3128 requires credentials, or rejected the ones it got (status 407)"),
        (.proxy, "the proxy http://proxy:3128 refused the connection to api.example.com (status 403)"),
        (.proxy, "cannot look up the name of the proxy http://proxy:3128"),
        (.proxy, "cannot connect to the proxy http://proxy:3128: connection refused"),
        (.proxy, "the proxy http://proxy:3128 did not open a connection to api.example.com"),
        (.tls, "the certificate of api.example.com is for another host"),
        (.tls, "the certificate of api.example.com has expired"),
        (.tls, "the certificate of api.example.com is not valid yet"),
        (.tls, "the certificate of api.example.com is self-signed"),
        (.tls, "the certificate of api.example.com is from an authority that is not trusted here"),
        (.tls, "api.example.com does not speak TLS 1.2 or later"),
        (.tls, "api.example.com does not answer with TLS"),
        (.tls, "the certificate of api.example.com was not accepted: unsupported certificate purpose"),
        (.tls, "cannot make a TLS connection to api.example.com: sslv3 alert handshake failure"),
        (.timeout, "cannot connect to the proxy http://proxy:3128 within 30 s"),
        (.timeout, "the proxy http://proxy:3128 did not answer within 30 s"),
        (.timeout, "cannot look up the name api.example.com within 30 s"),
        (.timeout, "cannot connect to api.example.com within 30 s"),
        (.timeout, "cannot make a TLS connection to api.example.com within 30 s"),
        (.timeout, "api.example.com did not send a complete reply within 30 s"),
        (.connectionLost, "the connection to api.example.com ended before the request was sent"),
        (.connectionLost, "the connection to api.example.com was lost before its reply was complete"),
        (.connectionLost, "the connection to api.example.com ended in the middle of the reply"),
        (.replyTooLarge, "the reply from api.example.com exceeds the limit of 1048576 bytes"),
        (.replyTooLarge, "the header fields from api.example.com exceed the limit of 262144 bytes"),
        (.malformedReply, "the reply from api.example.com is not HTTP"),
        (.interrupted, "the request to api.example.com was interrupted by a signal"),
        (.trustStore, "/etc/ca.pem contains no certificate that can be read"),
        (.trustStore, "the trust store contains no certificate that can be read"),
        (.trustStore, "cannot read the CA file, /etc/ca.pem: no such file or directory"),
        (.trustStore, "this system has no certificate authorities to trust"),
        (.trustStore, "/etc/ca is a directory without certificates under hashed names"),
        (.trustStore, "SSL_CERT_DIR does not name a directory"),
        (.trustStore, "cannot read the directory in SSL_CERT_DIR, /etc/certs: permission denied"),
        (.trustStore, "cannot read the file in SSL_CERT_FILE, /etc/ca.pem: permission denied"),
        (
            .trustStore,
            "cannot read the certificate authority of api.example.com, /etc/ssl/certs/5ed36f99.0: permission denied"
        ),
        (.proxy, "HTTPS_PROXY is not the URL of a proxy"),
        (.other, "a header field contains a character that cannot be sent"),
        (.other, "the request to api.example.com failed: unknown error"),
        (.other, "out of memory"),
    ]

    private static var clouds: [CloudError] {
        let refusals = [
            APIError(status: 401, message: "Unauthorized"),
            APIError(
                status: 401,
                items: [APIError.Item(resource: "acme", attribute: "acme", errorType: "saml_reauth_required")]
            ),
            APIError(status: 403, message: "the expiry is beyond the organization's limit"),
            APIError(status: 429, retryAfter: .seconds(240)), APIError(status: 404, message: "Not Found"),
            APIError(status: 302, isAPIError: false), APIError(status: 503, message: "try later", requestID: "req-7"),
            APIError(status: 409, message: "conflict"),
        ]
        return connections.map { .transport(TransportError($0.0, requestMayHaveArrived: false, detail: $0.1)) }
            + refusals.map { .rejected($0) }
            + [.unreadable(status: 200, detail: "the body ends too early", requestID: "req-7", serverTime: nil)]
    }

    private static let exports: [ExportError] = [
        .missingVariable("GITHUB_ENV"), .missingFile(variable: "GITHUB_ENV", path: "/tmp/env"),
        .notAPlainFile(path: "/tmp/env"), .exists(path: "/tmp/env"), .unwritable(path: "/tmp/env", code: ENOSPC),
        .tooLarge(path: "/tmp/env", limit: 65536), .published(path: "/build/token.env", folder: "/build"),
        .unusablePath("token env"), .unusableName("1X", .malformed), .unusableName("GITHUB_TOKEN", .reserved),
        .unusableName("LD_PRELOAD", .influential), .unusableName("PULUMI_HOME", .ours),
        .unrepresentable(name: "X", format: "dotenv", reason: "it has a line break"),
        .maskUnseen, .foreignLog(system: "Azure Pipelines"),
        .agentFailed(reason: "status 401"), .exposed(path: "/tmp/bash_env"),
        .contradiction(["GitHub Actions", "GitLab CI"]), .openLog, .longLine(path: "/tmp/env"),
    ]

    private static let commands: [SupervisionError] = [
        .command(.notFound(command: "pulumi", isPath: false)),
        .command(.notFound(command: "pulumi up --yes", isPath: false)),
        .command(.notFound(command: "cd", isPath: false)), .command(.notFound(command: "STACK=dev", isPath: false)),
        .command(.interpreterMissing(path: "./deploy", interpreter: "/bin/sh\r")),
        .command(.notFound(command: "/opt/pulumi", isPath: true)),
        .command(.notExecutable(path: "./deploy", code: EACCES)),
        .command(.interpreterMissing(path: "./deploy", interpreter: "/usr/bin/fish")),
        .command(.unknownFormat(path: "./deploy")), .command(.otherProcessor(path: "./deploy")),
        .command(.notStarted(path: "./deploy", code: E2BIG)),
        .resource(FileError(.make, "a pipe", code: EMFILE)),
    ]

    private static let helper: [Explanation] = [
        .unreachableProgram(FileError(.start, "/opt/pulumi-token", code: ENOENT)),
        .noSocket(FileError(.listen, "/tmp/pulumi-token-x/helper", code: EROFS)),
        .notARequest, .otherVersion(2), .unknownReason, .noHelperSocket,
        .noHelper(FileError(.connect, "/tmp/pulumi-token-x/helper", code: ECONNREFUSED)),
        .noHelper, .helperArguments, .helperAnsweredBadly, .helperFailed(.exited(69), "no"),
        .helperFailed(.killed(SIGKILL), ""), .helperFailed(nil, ""),
        .noHelperProcess(FileError(.start, "a process", code: EAGAIN)), .lostHelper, .silentHelper, .foreignHelper,
        .otherBackend("https://pulumi.example"), .tooManyTokens(3),
    ]

    private static let others = [
        Explanation(unwritableLease: FileError(.write, "/home/me/.local/state/pulumi-token", code: EROFS)),
        Explanation.interrupted(by: SIGTERM),
    ]
}
