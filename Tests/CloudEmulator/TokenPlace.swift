/// Where tokens are kept: with a user, an organization or a team.
struct TokenPlace: Equatable, Sendable {
    /// Empty for the caller's own.
    var organization = ""
    /// Empty for an organization's own.
    var team = ""

    var isPersonal: Bool { organization.isEmpty }

    /// The place, and the token in it, that a path names; nil for any other path.
    static func reading(_ path: String) -> (place: TokenPlace, token: String?)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "api", !parts.contains("") else { return nil }
        return switch parts.count {
        case 3 where parts[1...] == ["user", "tokens"]: (TokenPlace(), nil)
        case 4 where parts[1..<3] == ["user", "tokens"]: (TokenPlace(), parts[3])
        case 4 where parts[1] == "orgs" && parts[3] == "tokens": (TokenPlace(organization: parts[2]), nil)
        case 5 where parts[1] == "orgs" && parts[3] == "tokens": (TokenPlace(organization: parts[2]), parts[4])
        case 6 where parts[1] == "orgs" && parts[3] == "teams" && parts[5] == "tokens":
            (TokenPlace(organization: parts[2], team: parts[4]), nil)
        case 7 where parts[1] == "orgs" && parts[3] == "teams" && parts[5] == "tokens":
            (TokenPlace(organization: parts[2], team: parts[4]), parts[6])
        default: nil
        }
    }

    /// Who owns the tokens here, as the table of tokens knows it.
    func owner(seenBy caller: EmulatedToken) -> String {
        isPersonal ? caller.owner : team.isEmpty ? organization : "\(organization)/\(team)"
    }

    /// Whether one of the owner's tokens belongs here.
    func holds(_ token: EmulatedToken) -> Bool {
        let isRobots = token.kind == .minted && token.isRobot
        guard !isPersonal else { return !isRobots }
        return isRobots && token.organization == organization && token.team == team
    }

    /// As the list names the kind.
    var type: String { isPersonal ? "personal" : team.isEmpty ? "organization" : "team" }

    func right(to action: String) -> String {
        switch (team.isEmpty, action) {
        case (true, "list"): "org_token:read"
        case (true, _): "org_token:\(action)"
        case (false, "list"): "team:list_tokens"
        case (false, _): "team:\(action)_token"
        }
    }
}
