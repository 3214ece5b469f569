/// What a token belongs to, and what is swept.
extension Option {
    static let session = Option(
        name: "session",
        value: .text(placeholder: "NAME"),
        group: .lease,
        commands: cloudCommands,
        help: "what the lease belongs to",
        fallback: "the CI job; else one that mint makes up"
    )

    static let lease = Option(
        name: "lease",
        value: .text(placeholder: "PATH"),
        group: .lease,
        commands: cloudCommands,
        help: "where the record of the lease is kept",
        fallback: "a private folder of the job or the user"
    )

    static let guarded = Option(
        name: "guard",
        value: .none,
        group: .lease,
        commands: [.mint],
        help: "keep a guardian that revokes the token when the shell, make, or job that asked for it is gone"
    )

    static let failOnRevokeError = Option(
        name: "fail-on-revoke-error",
        value: .none,
        group: .lease,
        commands: [.mint, .exec, .revoke],
        help: "fail when a token could not be revoked; mint then mints nothing",
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
}
