/// What kind of token is wanted.
extension Option {
    static let ttl = Option(
        name: "ttl",
        value: .text(placeholder: "DURATION"),
        group: .token,
        commands: mintingCommands + [.doctor],
        help: "lifetime, such as 90s, 45m, 1h30m, 2d, PT1H, or whole seconds (60s to 730d)",
        fallback: "the job timeout, or 1h",
        input: .same
    )

    static let expires = Option(
        name: "expires",
        value: .text(placeholder: "TIME"),
        group: .token,
        commands: mintingCommands + [.doctor],
        help: "expiry time as Unix seconds or RFC 3339 (instead of --ttl)",
        input: .same
    )

    static let description = Option(
        name: "description",
        value: .text(placeholder: "TEXT"),
        group: .token,
        commands: mintingCommands,
        help:
            "description shown in Pulumi Cloud, followed by a tag that pulumi-token uses to find and revoke the token",
        fallback: "system, repository, run, attempt, and job",
        input: .same
    )

    static let reason = Option(
        name: "reason",
        value: .text(placeholder: "TEXT"),
        group: .token,
        commands: mintingCommands,
        help: "reason that Pulumi Cloud records",
        fallback: "the CI system's name",
        input: .same
    )

    static let verify = Option(
        name: "verify",
        value: .none,
        group: .token,
        commands: mintingCommands,
        help: "after minting, list tokens; revoke the new one and fail if it expires later than requested",
        input: .same
    )

    static let wait = Option(
        name: "wait",
        value: .none,
        group: .token,
        commands: mintingCommands,
        help: "wait until Pulumi Cloud accepts the new token",
        input: .same
    )
}
