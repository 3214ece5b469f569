import Credentials
import HostSystem
import Secrets
import StubTransport
import Testing

/// What people read when there is no credential, to the letter.
@Suite struct CredentialTextTests {
    @Test(
        arguments: [
            (
                .missing(.job), .notAllowed, "no Pulumi credential found",
                "set PULUMI_ACCESS_TOKEN or --access-token-file, or --oidc-org to exchange the job's identity token"
            ),
            (
                .missing(.person), .notAllowed, "no Pulumi credential found",
                "set PULUMI_ACCESS_TOKEN or --access-token-file, or run pulumi login"
            ),
            (
                .several(["--access-token-file", "--oidc-org"]), .usage,
                "--access-token-file and --oidc-org cannot be combined", "set only one of them"
            ),
            (.several(["a", "b", "c"]), .usage, "a and b and c cannot be combined", "set only one of them"),
            (
                .malformed(place: "PULUMI_ACCESS_TOKEN", .severalLines, isFile: false), .notAllowed,
                "PULUMI_ACCESS_TOKEN does not look like a Pulumi token: it has several lines",
                "set it to the token exactly as Pulumi Cloud showed it"
            ),
            (
                .malformed(place: "the input access-token", .blanks, isFile: false), .notAllowed,
                "the input access-token does not look like a Pulumi token: it contains spaces or tabs",
                "set it to the token exactly as Pulumi Cloud showed it"
            ),
            (
                .malformed(place: "/run/token", .unprintable, isFile: true), .malformedFile,
                "/run/token does not look like a Pulumi token: it has a character that no token has",
                "write only the token into the file, on one line"
            ),
            (
                .malformed(place: "/run/token", .empty, isFile: true), .notAllowed,
                "/run/token is empty", "write only the token into the file, on one line"
            ),
            (
                .unreadable(FileError(.open, "/run/token", code: 13)), .unreadableFile,
                "cannot read /run/token: permission denied", "check the path and the permissions of the file"
            ),
            (
                .login(.malformed, path: "/c.json"), .malformedFile, "/c.json is not what the Pulumi CLI writes",
                "run pulumi login again, or set PULUMI_ACCESS_TOKEN"
            ),
            (
                .login(.encrypted, path: "/c.json"), .notAllowed,
                "cannot read /c.json: the Pulumi CLI has encrypted it",
                "set PULUMI_ACCESS_TOKEN, or log in with PULUMI_CREDENTIAL_STORE=plaintext"
            ),
            (
                .login(.expired(secondsAgo: 3700), path: "/c.json"), .notAllowed,
                "/c.json contains a login that expired 1 hour 1 minute ago", "run pulumi login again"
            ),
            (
                .ownerMissing(type: "team"), .usage, "a token of the type team needs an owner",
                "set --oidc-team to the team"
            ),
            (
                .ownerMissing(type: "personal"), .usage, "a token of the type personal needs an owner",
                "set --oidc-user to the user"
            ),
            (
                .ownerMissing(type: "runner"), .usage, "a token of the type runner needs an owner",
                "set --oidc-scope to the pool, as in runner:NAME"
            ),
            (
                .organizationMissing(beside: "--oidc-user"), .usage, "--oidc-user needs an organization",
                "set --oidc-org, or remove the option"
            ),
            (
                .notAName(place: "--oidc-token-env"), .usage, "--oidc-token-env is not the name of a variable",
                "use the NAME of the variable, without $"
            ),
        ] as [(CredentialError, ExitCode, String, String?)]
    )
    func `a refusal says what is wrong and what to do`(
        error: CredentialError,
        code: ExitCode,
        message: String,
        hint: String?
    ) {
        #expect(Explanation(error) == Explanation(code, message, hint: hint))
    }

    @Test(
        arguments: [
            (
                .noPermission(isFork: false), .notAllowed,
                "this job is not allowed to request an identity token from GitHub",
                "add to the job two lines: 'permissions:' and below it '  id-token: write' (in addition to what it needs already, "
                    + "such as '  contents: read')"
            ),
            (
                .noPermission(isFork: true), .notAllowed, "a pull request from a fork gets no identity token",
                "skip this step there, or run the job after the merge"
            ),
            (
                .noSource(isDeclared: true), .usage, "no identity token is configured",
                "declare it with id_tokens: PULUMI_OIDC_TOKEN: aud: urn:pulumi:org:ORG, and set "
                    + "--oidc-token-env to its name"
            ),
            (
                .noSource(isDeclared: false), .usage, "no identity token is configured",
                "set --oidc-token-env to the variable, or --oidc-token-file to the file, that contains it"
            ),
            (
                .unset(variable: "ID_TOKEN"), .notAllowed,
                "cannot find the identity token: ID_TOKEN is not set or empty",
                "declare an identity token with this name in the job"
            ),
            (
                .malformed(place: "ID_TOKEN", .blanks), .notAllowed,
                "ID_TOKEN does not look like an identity token: it contains spaces or tabs",
                "use an identity token: three parts of base64url with dots between them"
            ),
            (
                .service("status 503", isTransient: true), .unavailable,
                "cannot get an identity token from GitHub: status 503",
                "run the job again, or set --deadline to a longer time"
            ),
            (
                .service("status 401", isTransient: false), .notAllowed,
                "cannot get an identity token from GitHub: status 401",
                "check that the job is still running and has 'id-token: write'"
            ),
            (
                .refused(
                    detail: "invalid_grant: no policy",
                    claims: ["it expired 40 seconds ago"],
                    organization: "acme"
                ),
                .notAllowed,
                "cannot exchange the identity token: invalid_grant: no policy; it expired 40 seconds ago",
                "check the OIDC issuers and their policies in the settings of the organization acme"
            ),
        ] as [(IdentityProblem, ExitCode, String, String?)]
    )
    func `a missing or refused identity says what is wrong and what to do`(
        problem: IdentityProblem,
        code: ExitCode,
        message: String,
        hint: String?
    ) {
        #expect(Explanation(CredentialError.identity(problem)) == Explanation(code, message, hint: hint))
    }
}

@Suite struct TokenShapeTests {
    @Test(arguments: [
        ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n\r\n", "a"), ("!~", "!~"), ("a.b.c", "a.b.c"),
        ("x=/+", "x=/+"), (" a", "a"), ("a ", "a"), ("a\t\n", "a"), ("\na", "a"), ("\u{feff}a", "a"),
        (" \u{feff} a", "a"),
        ("ABC=", "ABC="), ("ABC==", "ABC=="), ("a\"b", "a\"b"),
        (String(repeating: "x", count: 16384) + "\n", String(repeating: "x", count: 16384)),
    ])
    func `one line of printable characters may be a token`(value: String, token: String) throws {
        #expect(try TokenShape.check(Secret(value)).text == token)
    }

    @Test(
        arguments: [
            ("", .empty), ("\n", .empty), ("\r\n\r\n", .empty), (" \u{feff}\t", .empty), ("a\nb", .severalLines),
            ("a\rb\n", .severalLines), ("a b", .blanks), ("a\tb", .blanks),
            ("'a'", .quoted), ("\"a\"\n", .quoted), ("a\"", .quoted), ("`a`", .quoted),
            ("PULUMI_ACCESS_TOKEN=pul-x", .assignment), ("export PULUMI_ACCESS_TOKEN=pul-x", .assignment),
            ("TOKEN='x'", .quoted), ("{\"a\": 1}", .json), ("[\n]", .json),
            ("${{ secrets.PULUMI_ACCESS_TOKEN }}", .unreplaced), ("${{secrets.PULUMI_ACCESS_TOKEN}}", .unreplaced),
            ("ghp_x", .foreign("GitHub")), ("ghs_x", .foreign("GitHub")), ("github_pat_x", .foreign("GitHub")),
            ("glpat-x", .foreign("GitLab")), ("AKIAX", .foreign("AWS")),
            ("ä", .unprintable), ("a\0", .unprintable), ("\u{1b}[0m", .unprintable), ("a\u{7f}", .unprintable),
            ("a\u{feff}", .unprintable), (String(repeating: "x", count: 16385), .tooLong),
            ("/builds/acme/app.tmp/PULUMI_ACCESS_TOKEN", .path),
        ] as [(String, TokenShape.Problem)]
    )
    func `anything else is none, with the reason`(value: String, problem: TokenShape.Problem) {
        #expect(throws: problem) { try TokenShape.check(Secret(value)) }
    }

    @Test func `the reason ends a sentence`() {
        let problems: [TokenShape.Problem] = [
            .empty, .tooLong, .severalLines, .blanks, .unprintable, .quoted, .assignment, .json, .path,
            .foreign("GitHub"),
        ]
        #expect(
            problems.map(\.explanation) == [
                "is empty", "is longer than a token can be", "has several lines", "contains spaces or tabs",
                "has a character that no token has", "is in quotes", "begins with the name of a variable",
                "is JSON", "is a path",
                "is a token of GitHub",
            ]
        )
    }
}
