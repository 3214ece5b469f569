import PulumiCloud

/// What `--kind`, `--org`, `--team`, `--role` and `--admin` ask for together.
extension Arguments {
    /// nil when nothing is said of a kind: then the credential tells.
    func kind() throws(UsageError) -> TokenKind? {
        guard let kind = value(of: .kind) else {
            if let stray = given([.organization, .team, .role, .admin]) {
                throw UsageError("\(stray) needs --kind", hint: "set --kind to team or organization")
            }
            return nil
        }
        if let stray = given(Self.others(than: kind.text)) {
            throw UsageError("\(stray) and \(kind.place) \(kind.text) cannot be combined", hint: "set only one of them")
        }
        return try Self.kind(
            kind.text,
            organization: try name(.organization, or: .oidcOrganization),
            team: try name(.team, or: .oidcTeam)
        )
    }

    private static func kind(
        _ name: String,
        organization: String?,
        team: String?
    ) throws(UsageError) -> TokenKind {
        guard name != "personal" else { return .personal }
        guard let organization else {
            throw UsageError("--kind \(name) needs an organization", hint: "set --org to its name")
        }
        guard name == "team" else { return .organization(organization) }
        guard let team else { throw UsageError("--kind team needs a team", hint: "set --team to its name") }
        return .team(team, organization: organization)
    }

    /// The options that say nothing of a kind.
    private static func others(than kind: String) -> [Option] {
        switch kind {
        case "team": [.role, .admin]
        case "organization": [.team]
        default: [.organization, .team, .role, .admin]
        }
    }

    /// The place of the first of some options that is given; a switch that is off is not.
    private func given(_ options: [Option]) -> String? {
        options.compactMap { value(of: $0) }.first { $0.text != "false" }?.place
    }

    private func name(_ option: Option, or other: Option) throws(UsageError) -> String? {
        guard let value = value(of: option) ?? value(of: other), !value.text.isEmpty else { return nil }
        guard TokenKind.isUsable(value.text) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is not a name",
                hint: "use a name as Pulumi Cloud shows it, without slashes"
            )
        }
        return value.text
    }
}
