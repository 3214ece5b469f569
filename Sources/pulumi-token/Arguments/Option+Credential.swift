/// The parent credential: a stored secret, or an identity token.
extension Option {
    static let accessTokenFile = Option(
        name: "access-token-file",
        value: .text(placeholder: "FILE"),
        group: .credential,
        commands: cloudCommands,
        help: "file that contains the parent credential, instead of PULUMI_ACCESS_TOKEN"
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
        help: "exchange the job's identity token for a Pulumi token of this organization",
        input: .same
    )

    static let oidcType = Option(
        name: "oidc-type",
        value: .choice(placeholder: "TYPE", ["personal", "team", "organization", "runner"]),
        group: .identity,
        commands: cloudCommands,
        help: "type of token to exchange it for",
        fallback: "personal",
        input: .same
    )

    static let oidcUser = Option(
        name: "oidc-user",
        value: .text(placeholder: "LOGIN"),
        group: .identity,
        commands: cloudCommands,
        help: "user, for a personal token, which needs it",
        input: .same
    )

    static let oidcTeam = Option(
        name: "oidc-team",
        value: .text(placeholder: "TEAM"),
        group: .identity,
        commands: cloudCommands,
        help: "team, for a team token",
        input: .same
    )

    static let oidcScope = Option(
        name: "oidc-scope",
        value: .text(placeholder: "SCOPE"),
        group: .identity,
        commands: cloudCommands,
        help: "what is asked for instead of a user or a team, passed through, as in runner:POOL",
        input: .same
    )

    static let oidcTokenFile = Option(
        name: "oidc-token-file",
        value: .text(placeholder: "FILE"),
        group: .identity,
        commands: cloudCommands,
        help: "file that contains the identity token",
        input: .same
    )

    static let oidcTokenVariable = Option(
        name: "oidc-token-env",
        value: .text(placeholder: "NAME"),
        group: .identity,
        commands: cloudCommands,
        help: "variable that contains the identity token",
        fallback: "GitHub's own service",
        input: .same
    )

    static let oidcUse = Option(
        name: "oidc-use",
        value: .choice(placeholder: "HOW", ["auto", "mint", "direct"]),
        group: .identity,
        commands: cloudCommands,
        help:
            "mint: mint with the exchanged token; direct: export the exchanged token itself, which cannot be revoked; auto: mint if allowed, otherwise direct",
        fallback: "auto",
        input: .same
    )
}
