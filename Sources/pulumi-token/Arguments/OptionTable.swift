/// All options. Their names and defaults are fixed: people script against them.
extension Option {
    private static let cloudCommands: [Command] = [.mint, .exec, .revoke, .list, .sweep, .doctor]
    private static let mintingCommands: [Command] = [.mint, .exec]

    static let ttl = Option(
        name: "ttl",
        value: .text(placeholder: "DURATION"),
        group: .token,
        commands: mintingCommands + [.doctor],
        help: "how long the token lives: 90s, 45m, 1h30m, 2d, PT1H or whole seconds; 60 s to 730 d",
        fallback: "1h; on GitLab the job's own time-out",
        input: .same
    )
    static let expires = Option(
        name: "expires",
        value: .text(placeholder: "TIME"),
        group: .token,
        commands: mintingCommands + [.doctor],
        help: "when the token dies: Unix seconds or RFC 3339; instead of --ttl",
        input: .same
    )
    static let description = Option(
        name: "description",
        value: .text(placeholder: "TEXT"),
        group: .token,
        commands: mintingCommands,
        help: "what Pulumi Cloud shows; a tag that makes the token revocable is appended",
        fallback: "system, repository, run, attempt and job",
        input: .same
    )
    static let reason = Option(
        name: "reason",
        value: .text(placeholder: "TEXT"),
        group: .token,
        commands: mintingCommands,
        help: "why, for Pulumi Cloud's records",
        fallback: "the CI system's name",
        input: .same
    )
    static let verify = Option(
        name: "verify",
        value: .none,
        group: .token,
        commands: mintingCommands,
        help: "list after minting, and refuse a token that outlives what was asked for",
        input: .same
    )
    static let wait = Option(
        name: "wait",
        value: .none,
        group: .token,
        commands: mintingCommands,
        help: "return only when the new token is accepted",
        input: .same
    )

    static let export = Option(
        name: "export",
        value: .choice(
            placeholder: "HOW",
            [
                "auto", "github", "file", "dotenv", "shell", "stdout", "json", "azure", "circleci", "buildkite", "none",
            ]
        ),
        group: .handover,
        commands: [.mint],
        help: "how the job gets it; file[=PATH] and dotenv=PATH take a path; shell, stdout and json print the secret",
        fallback: "auto: github on GitHub-like systems, else file"
    )
    static let shell = Option(
        name: "shell",
        value: .choice(placeholder: "NAME", ["sh", "bash", "zsh", "fish", "pwsh"]),
        group: .handover,
        commands: [.mint],
        help: "which shell reads the export",
        fallback: "sh"
    )
    static let environmentName = Option(
        name: "env-name",
        value: .list(placeholder: "NAME"),
        group: .handover,
        commands: mintingCommands,
        help: "the variable that receives the token; may be repeated",
        fallback: "PULUMI_ACCESS_TOKEN",
        input: .same
    )
    static let noIsolate = Option(
        name: "no-isolate",
        value: .none,
        group: .handover,
        commands: mintingCommands,
        help: "share the user's Pulumi credentials folder, where the CLI stores a copy of the token",
        input: .opposite("isolate")
    )
    static let noRedact = Option(
        name: "no-redact",
        value: .none,
        group: .handover,
        commands: [.exec],
        help: "leave the command's output alone"
    )
    static let killAfter = Option(
        name: "kill-after",
        value: .text(placeholder: "DURATION"),
        group: .handover,
        commands: [.exec],
        help: "how long the command has after a signal before the token is revoked and the command killed",
        fallback: "5s"
    )

    static let accessTokenFile = Option(
        name: "access-token-file",
        value: .text(placeholder: "FILE"),
        group: .credential,
        commands: cloudCommands,
        help: "a file that holds the credential, instead of PULUMI_ACCESS_TOKEN"
    )
    static let useLogin = Option(
        name: "use-login",
        value: .none,
        group: .credential,
        commands: cloudCommands,
        help: "allow the Pulumi CLI's stored login inside CI",
        fallback: "only outside CI"
    )

    static let oidcOrganization = Option(
        name: "oidc-org",
        value: .text(placeholder: "ORG"),
        group: .identity,
        commands: cloudCommands,
        help: "exchange the job's identity token for one of this organization",
        input: .same
    )
    static let oidcType = Option(
        name: "oidc-type",
        value: .choice(placeholder: "TYPE", ["personal", "team", "organization"]),
        group: .identity,
        commands: cloudCommands,
        help: "what to exchange it for",
        fallback: "personal",
        input: .same
    )
    static let oidcUser = Option(
        name: "oidc-user",
        value: .text(placeholder: "LOGIN"),
        group: .identity,
        commands: cloudCommands,
        help: "the user, for a personal token",
        input: .same
    )
    static let oidcTeam = Option(
        name: "oidc-team",
        value: .text(placeholder: "TEAM"),
        group: .identity,
        commands: cloudCommands,
        help: "the team, for a team token",
        input: .same
    )
    static let oidcTokenFile = Option(
        name: "oidc-token-file",
        value: .text(placeholder: "FILE"),
        group: .identity,
        commands: cloudCommands,
        help: "a file that holds the identity token",
        input: .same
    )
    static let oidcTokenVariable = Option(
        name: "oidc-token-env",
        value: .text(placeholder: "NAME"),
        group: .identity,
        commands: cloudCommands,
        help: "the variable that holds the identity token",
        fallback: "GitHub's own service",
        input: .same
    )
    static let oidcUse = Option(
        name: "oidc-use",
        value: .choice(placeholder: "HOW", ["auto", "mint", "direct"]),
        group: .identity,
        commands: cloudCommands,
        help: "mint with the exchanged token, use it itself (direct: nobody can revoke it), or try (auto)",
        fallback: "auto",
        input: .same
    )

    static let cloudURL = Option(
        name: "cloud-url",
        value: .text(placeholder: "URL"),
        group: .cloud,
        commands: cloudCommands,
        help: "the API of a self-hosted Pulumi Cloud; a path prefix is kept",
        fallback: "PULUMI_BACKEND_URL, PULUMI_API, the login's, https://api.pulumi.com",
        input: .same
    )
    static let caFile = Option(
        name: "ca-file",
        value: .text(placeholder: "FILE"),
        group: .cloud,
        commands: cloudCommands,
        help: "PEM certificates to trust instead of the system's",
        fallback: "SSL_CERT_FILE, SSL_CERT_DIR, the system's",
        input: .same
    )
    static let timeout = Option(
        name: "timeout",
        value: .text(placeholder: "DURATION"),
        group: .cloud,
        commands: cloudCommands,
        help: "the most that one request may take",
        fallback: "30s",
        input: .same
    )
    static let deadline = Option(
        name: "deadline",
        value: .text(placeholder: "DURATION"),
        group: .cloud,
        commands: cloudCommands,
        help: "the most that the whole command may take, retries included",
        fallback: "2m",
        input: .same
    )

    static let session = Option(
        name: "session",
        value: .text(placeholder: "NAME"),
        group: .lease,
        commands: [.mint, .exec, .revoke, .sweep],
        help: "what the lease belongs to",
        fallback: "the CI job; else one that mint makes up"
    )
    static let lease = Option(
        name: "lease",
        value: .text(placeholder: "PATH"),
        group: .lease,
        commands: [.mint, .exec, .revoke],
        help: "where the record of the lease is kept",
        fallback: "a private folder of the job or the user"
    )
    static let failOnRevokeError = Option(
        name: "fail-on-revoke-error",
        value: .none,
        group: .lease,
        commands: [.mint, .exec, .revoke],
        help: "fail when the token could not be revoked",
        input: .same
    )

    static let run = Option(
        name: "run",
        value: .none,
        group: .scope,
        commands: [.sweep],
        help: "whatever this run minted, on any machine",
        hasVariable: false
    )
    static let olderThan = Option(
        name: "older-than",
        value: .text(placeholder: "DURATION"),
        group: .scope,
        commands: [.sweep],
        help: "whatever was minted that long ago; a job elsewhere may still run",
        hasVariable: false
    )
    static let dryRun = Option(
        name: "dry-run",
        value: .none,
        group: .scope,
        commands: [.sweep],
        help: "say what would be revoked, and revoke nothing"
    )
    static let all = Option(
        name: "all",
        value: .none,
        group: .scope,
        commands: [.list],
        help: "every token of the user",
        hasVariable: false
    )
    static let redactedVariable = Option(
        name: "env",
        value: .list(placeholder: "NAME"),
        group: .scope,
        commands: [.redact],
        help: "a variable whose value is replaced; may be repeated",
        fallback: "PULUMI_ACCESS_TOKEN",
        hasVariable: false
    )

    static let json = Option(
        name: "json",
        value: .none,
        group: .output,
        commands: [.list, .sweep, .doctor],
        help: "print JSON, for a program",
        hasVariable: false
    )
    static let quiet = Option(
        name: "quiet",
        short: "q",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "say only what needs a person"
    )
    static let verbose = Option(
        name: "verbose",
        short: "v",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "trace requests and retries, without secrets"
    )
    static let help = Option(
        name: "help",
        short: "h",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "explain the command",
        hasVariable: false
    )

    /// In the order in which help shows them.
    static let table: [Option] = [
        ttl, expires, description, reason, verify, wait, export, shell, environmentName, noIsolate, noRedact, killAfter,
        accessTokenFile, useLogin, oidcOrganization, oidcType, oidcUser, oidcTeam, oidcTokenFile, oidcTokenVariable,
        oidcUse, cloudURL, caFile, timeout, deadline, session, lease, failOnRevokeError, run, olderThan, dryRun, all,
        redactedVariable, json, quiet, verbose, help,
    ]

    static func options(of command: Command) -> [Option] {
        table.filter { $0.commands.contains(command) }
    }
}
