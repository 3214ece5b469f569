import CISystems
import Credentials
import Glibc
import HTTPTransport
import HostSystem
import PulumiCloud
import Supervision
import TokenLifecycle

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
        Section("The command line, variables and inputs", of: commandLines),
        Section("The address of the cloud", urls),
        Section("The credential", of: credentials),
        Section("OIDC", of: identities.map { CredentialError.identity($0) }),
        Section("Pulumi Cloud and the way to it", clouds.map { Explanation(explaining: $0) }),
        Section(
            "What was minted",
            of: [VerificationError.notListed, .neverExpires, .expiresLater(granted: 1 << 31, asked: 1 << 30)]
        ),
        Section("Handing the token over", of: exports),
        Section("Running a command", of: commands),
        Section("Files and signals", others),
    ]

    /// The page for people.
    static var markdown: String {
        let head = """
            # Messages

            Every error that ends a command, by example, with its exit code. On stderr each is
            `pulumi-token: error: …`, and the way out `pulumi-token: hint: …`; on GitHub the two are an annotation too.
            Written by the tests, which compare.

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
            (.mint, ["--tll", "5m"]), (.mint, ["--older-than", "1d"]), (.mint, ["--ttl"]), (.mint, ["--ttl", ""]),
            (.mint, ["--verify=yes"]), (.mint, ["--shell", "csh"]), (.mint, ["word"]), (.exec, []),
        ]
        let variables = ["PULUMI_TOKEN_VERIFY": "yes", "PULUMI_TOKEN_SHELL": "csh"].sorted { $0.key < $1.key }
        let lifetimes = [
            ["--ttl", "soon"], ["--ttl", "1s"], ["--ttl", "9999d"], ["--expires", "tomorrow"], ["--expires", "1"],
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
        for words in [["--timeout", "soon"], ["--timeout", "2d"]] {
            errors.append(failure { () throws(UsageError) in _ = try Settings(try parse(.mint, words)) })
        }
        return errors.compactMap(\.self)
    }

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
            .diy(scheme: "s3"),
        ]
        return errors.map { Explanation(.usage, "--cloud-url \($0.message)", hint: $0.hint) }
    }

    private static let credentials: [CredentialError] = [
        .missing(isCI: true), .missing(isCI: false), .empty("PULUMI_ACCESS_TOKEN"),
        .several(["--access-token-file", "--oidc-org"]),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .tooLong, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .severalLines, isFile: false),
        .malformed(place: "PULUMI_ACCESS_TOKEN", .blanks, isFile: false),
        .malformed(place: "/run/token", .empty, isFile: true),
        .malformed(place: "/run/token", .unprintable, isFile: true),
        .unreadable(FileError("open", "/run/token", code: ENOENT)),
        .login(.malformed, path: "/home/me/.pulumi/credentials.json"),
        .login(.encrypted, path: "/home/me/.pulumi/credentials.json"),
        .login(.expired(secondsAgo: 7200), path: "/home/me/.pulumi/credentials.json"),
        .incomplete("--oidc-type team needs --oidc-team", hint: "name the team"),
    ]

    private static let identities: [IdentityProblem] = [
        .noPermission(isFork: true), .noPermission(isFork: false), .noSource(isGitLab: true),
        .noSource(isGitLab: false), .unset(variable: "PULUMI_OIDC_TOKEN"),
        .malformed(place: "PULUMI_OIDC_TOKEN", .blanks), .service("status 503", isTransient: true),
        .service("status 403", isTransient: false),
        .refused(
            detail: "invalid_grant: no policy matches",
            claims: ["the audience is sts.example.com, Pulumi expects urn:pulumi:org:acme", "it expired 40 s ago"],
            organization: "acme"
        ),
    ]

    private static var clouds: [CloudError] {
        let failures: [(TransportError.Failure, String)] = [
            (.nameLookup, "the name api.example.com could not be looked up"),
            (.connect, "could not connect to api.example.com"), (.proxy, "the proxy refused with status 407"),
            (.tls, "the certificate of api.example.com is not trusted"),
            (.timeout, "no reply from api.example.com within 30 s"),
            (.connectionLost, "the connection to api.example.com was lost"),
            (.replyTooLarge, "the reply is larger than 1 MiB"), (.malformedReply, "what came is not HTTP"),
            (.trustStore, "the CA file /etc/ca.pem could not be used"),
        ]
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
        return failures.map { .transport(TransportError($0.0, requestMayHaveArrived: false, detail: $0.1)) }
            + refusals.map { .rejected($0) }
            + [.unreadable(status: 200, detail: "the body ends too early", requestID: "req-7", serverTime: nil)]
    }

    private static let exports: [ExportError] = [
        .missingVariable("GITHUB_ENV"), .missingFile(variable: "GITHUB_ENV", path: "/tmp/env"),
        .notAPlainFile(path: "/tmp/env"), .unwritable(path: "/tmp/env", code: ENOSPC),
        .tooLarge(path: "/tmp/env", limit: 65536), .published(path: "/build/token.env", folder: "/build"),
        .unusablePath("token env"), .unusableName("1X", .malformed), .unusableName("GITHUB_TOKEN", .reserved),
        .unusableName("LD_PRELOAD", .influential), .unusableName("PULUMI_HOME", .ours),
        .unrepresentable(name: "X", format: "dotenv", reason: "it has a line break"),
        .redactorFailed(program: "buildkite-agent", reason: "it ended with exit code 1"),
    ]

    private static let commands: [SupervisionError] = [
        .command(.notFound(command: "pulumi", isPath: false)),
        .command(.notFound(command: "/opt/pulumi", isPath: true)),
        .command(.notExecutable(path: "./deploy", code: EACCES)),
        .command(.interpreterMissing(path: "./deploy", interpreter: "/usr/bin/fish")),
        .command(.unknownFormat(path: "./deploy")), .command(.notStarted(path: "./deploy", code: E2BIG)),
        .resource(FileError("make", "a pipe", code: EMFILE)),
    ]

    private static let others = [
        Explanation(unwritableLease: FileError("write", "/home/me/.local/state/pulumi-token", code: EROFS)),
        Explanation.interrupted(by: SIGTERM),
    ]
}
