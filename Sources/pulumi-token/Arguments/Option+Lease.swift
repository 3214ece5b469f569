/// Which session owns a token, and what is swept.
extension Option {
    static let session = Option(
        name: "session",
        value: .text(placeholder: "NAME"),
        group: .lease,
        commands: cloudCommands,
        help: "session that owns the lease",
        fallback: "the CI job, otherwise a name that mint generates"
    )

    static let lease = Option(
        name: "lease",
        value: .text(placeholder: "PATH"),
        group: .lease,
        commands: cloudCommands,
        help: "path of the lease record",
        fallback: "in a private directory of the job or the user"
    )

    static let guarded = Option(
        name: "guard",
        value: .none,
        group: .lease,
        commands: [.mint],
        help: "keep a guardian that revokes the token when the shell, make, or job that asked for it ends"
    )

    static let failOnRevokeError = Option(
        name: "fail-on-revoke-error",
        value: .none,
        group: .lease,
        commands: [.mint, .exec, .revoke],
        help: "fail if a token cannot be revoked; also refuse to mint while a leftover token cannot be revoked",
        input: .same
    )

    static let run = Option(
        name: "run",
        value: .none,
        group: .scope,
        commands: [.sweep],
        help: "tokens minted by this run, on any machine",
        hasVariable: false
    )

    static let finished = Option(
        name: "finished",
        value: .none,
        group: .scope,
        commands: [.sweep],
        help: "tokens of runs that have ended, as the API of GitHub Actions or GitLab CI tells",
        hasVariable: false
    )

    static let runTokenVariable = Option(
        name: "ci-token-env",
        value: .text(placeholder: "NAME"),
        group: .cloud,
        commands: [.list, .sweep],
        help: "variable that contains a token for the API of the CI system",
        fallback: "GITHUB_TOKEN or CI_JOB_TOKEN"
    )

    static let olderThan = Option(
        name: "older-than",
        value: .text(placeholder: "DURATION"),
        group: .scope,
        commands: [.sweep],
        help: "tokens minted at least this long ago, even if a job elsewhere still uses them",
        hasVariable: false
    )

    static let dryRun = Option(
        name: "dry-run",
        value: .none,
        group: .scope,
        commands: [.sweep],
        help: "show what would be revoked without revoking it; exit with 1 if that is anything"
    )
}
