/// What kind of token is wanted.
extension Option {
    static let ttl = Option(
        name: "ttl",
        value: .text(placeholder: "DURATION"),
        group: .token,
        commands: mintingCommands + [.doctor],
        help: "how long the token lives: 90s, 45m, 1h30m, 2d, PT1H or whole seconds; 60 s to 730 d",
        fallback: "the job's own limit, else 1h",
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
}
