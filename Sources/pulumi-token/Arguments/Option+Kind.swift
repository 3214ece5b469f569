/// Whose rights a token carries, and so where it is listed.
extension Option {
    static let kind = Option(
        name: "kind",
        value: .choice(placeholder: "KIND", ["personal", "team", "organization"]),
        group: .token,
        commands: cloudCommands,
        help: "whose rights the token has: those of a user, a team or an organization",
        fallback: "personal; with --oidc-type that type",
        input: .same
    )

    static let organization = Option(
        name: "org",
        value: .text(placeholder: "ORG"),
        group: .token,
        commands: cloudCommands,
        help: "the organization of a team or organization token",
        fallback: "--oidc-org",
        input: .same
    )

    static let team = Option(
        name: "team",
        value: .text(placeholder: "TEAM"),
        group: .token,
        commands: cloudCommands,
        help: "the team of a team token",
        fallback: "--oidc-team",
        input: .same
    )

    static let role = Option(
        name: "role",
        value: .text(placeholder: "ID"),
        group: .token,
        commands: mintingCommands,
        help: "the ID of the role that an organization token gets",
        input: .same
    )

    static let admin = Option(
        name: "admin",
        value: .none,
        group: .token,
        commands: mintingCommands,
        help: "mint an organization token with the rights of an administrator",
        input: .same
    )
}
