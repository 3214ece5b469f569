/// What organizations have and allow.
package struct Rights: Codable, Equatable, Sendable {
    /// A right that somebody has: then nobody else's default counts for them.
    package struct Grant: Codable, Equatable, Sendable {
        /// A login, a robot's name, or the owner of a token without a person: `acme`, `acme/platform`.
        package var who: String
        /// Such as `team:create_token`; `*` stands for anything.
        package var right: String
        /// For which team; `*` stands for anything.
        package var team: String

        package init(who: String, right: String, team: String = "*") {
            (self.who, self.right, self.team) = (who, right, team)
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                who: try members.decode(String.self, forKey: .who),
                right: try members.decode(String.self, forKey: .right),
                team: try members.decodeIfPresent(String.self, forKey: .team) ?? "*"
            )
        }
    }

    /// Users without any grant may do everything in their organizations, robots nothing unless they are administrators.
    package var grants: [Grant] = []
    /// The teams of every organization; empty when any name is one.
    package var teams: [String] = []
    /// The ids of roles; empty when any is one.
    package var roles: [String] = []
    /// Whether the edition has organization tokens.
    package var organizationTokens = true
    /// Whether the edition has team tokens.
    package var teamTokens = true
    /// The most days that a new token of an organization or a team may live; 0 for no cap.
    package var longestTokenDays: Int64 = 0

    package init() {}
}

extension CloudState {
    /// Lets a caller pass who may do something with the tokens of an organization or a team.
    func check(_ caller: EmulatedToken, may action: String, in place: TokenPlace) throws(Refusal) {
        guard !place.isPersonal else { return }
        try checkVisible(place, to: caller)
        let rights = configuration.rights
        guard place.team.isEmpty ? rights.organizationTokens : rights.teamTokens else {
            throw Refusal(reply: .error(403, "Forbidden: \(place.type) tokens are not part of your edition"))
        }
        guard has(place.right(to: action), caller, in: place) else {
            throw Refusal(reply: .error(403, "You do not have permission to perform this operation."))
        }
    }

    private func checkVisible(_ place: TokenPlace, to caller: EmulatedToken) throws(Refusal) {
        guard isMember(caller, of: place.organization) else {
            throw Refusal(reply: .error(404, "Not Found: Organization '\(place.organization)' not found"))
        }
        let teams = configuration.rights.teams
        guard place.team.isEmpty || teams.isEmpty || teams.contains(place.team) else {
            throw Refusal(reply: .error(404, "Not Found: Team '\(place.team)' not found"))
        }
    }

    private func isMember(_ caller: EmulatedToken, of organization: String) -> Bool {
        if caller.isRobot || caller.kind == .exchanged { return caller.organization == organization }
        return configuration.users.contains { $0.login == caller.owner && $0.organizations.contains(organization) }
    }

    private func has(_ right: String, _ caller: EmulatedToken, in place: TokenPlace) -> Bool {
        let own = configuration.rights.grants.filter { $0.who == caller.owner }
        if !own.isEmpty {
            return own.contains { glob($0.right, matches: right) && glob($0.team, matches: place.team) }
        }
        // An administrator's token may do everything but create and delete organization tokens.
        return caller.isRobot ? caller.isAdmin && (!place.team.isEmpty || right == "org_token:read") : true
    }

    /// Answers `GET /api/orgs/{org}/metadata`.
    mutating func metadata(of organization: String, _ request: Request) throws(Refusal) -> Reply {
        let caller = tokens[try authenticate(request)]
        try checkVisible(TokenPlace(organization: organization), to: caller)
        let rights = configuration.rights
        var body = JSONText()
        body.object {
            $0.member("id", "org-\(organization)")
            $0.member("kind", "pulumi")
            $0.member("created", isoDate(0))
            $0.member("product", rights.teamTokens ? "team-pro" : "community")
            $0.member("userRole", caller.isRobot ? "member" : "admin")
            $0.member(
                "features",
                object: {
                    $0.member("machineTokensEnabled", rights.organizationTokens)
                    $0.member("teamsEnabled", rights.teamTokens)
                    $0.member("accessTokenExpiryPolicyEnabled", rights.longestTokenDays > 0)
                }
            )
            if rights.longestTokenDays > 0 { $0.member("maxAccessTokenExpiryDays", rights.longestTokenDays) }
        }
        return .json(body)
    }
}
