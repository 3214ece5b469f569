extension CloudState {
    /// Answers `GET /api/user`.
    mutating func currentUser(_ request: Request) throws(Refusal) -> Reply {
        let token = tokens[try authenticate(request)]
        let user =
            configuration.users.first { $0.login == token.owner && !token.isRobot }
            ?? User(login: token.owner, organizations: [token.organization])
        var body = JSONText()
        body.object {
            $0.member("id", "user-\(user.login)")
            $0.member("githubLogin", user.login)
            $0.member("name", user.name)
            $0.member("email", user.email)
            $0.member("avatarUrl", "")
            $0.member("organizations", array: user.organizations) { list, organization in
                list.object {
                    $0.member("githubLogin", organization)
                    $0.member("name", organization)
                    $0.member("avatarUrl", "")
                }
            }
            $0.member("identities", array: ["github.com"]) { $0.string($1) }
            $0.member("siteAdmin", false)
            if token.isRobot { $0.member("tokenInfo", object: { tokenInfo(of: token, into: &$0) }) }
        }
        return .json(body)
    }

    private func tokenInfo(of token: EmulatedToken, into text: inout JSONText) {
        text.member("name", token.name.isEmpty ? token.owner : token.name)
        text.member("organization", token.organization)
        if !token.team.isEmpty { text.member("team", token.team) }
    }
}
