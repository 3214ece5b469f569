internal import HTTPTransport

extension PulumiCloud {
    /// Who the credential belongs to: `GET /api/user`.
    package func currentUser() throws(CloudError) -> CurrentUser {
        let response = try send(request("GET", ["api", "user"]))
        guard let reply = response.decoded(as: UserReply.self) else {
            throw response.unreadable("it is not the JSON of a user")
        }
        guard let login = reply.githubLogin?.line else { throw response.unreadable("it has no login name") }
        return CurrentUser(
            login: login,
            name: reply.name?.line,
            organizations: reply.organizations?.value?.compactMap { $0.value?.githubLogin?.line } ?? [],
            machineToken: reply.tokenInfo?.value?.machineToken,
            serverTime: response.serverTime
        )
    }
}

private struct UserReply: Decodable {
    struct Organization: Decodable {
        var githubLogin: Lenient<String>?
    }

    struct TokenInfo: Decodable {
        var name: Lenient<String>?
        var organization: Lenient<String>?
        var team: Lenient<String>?

        var machineToken: CurrentUser.MachineToken? {
            guard name?.line != nil || organization?.line != nil || team?.line != nil else { return nil }
            return .init(name: name?.line ?? "", organization: organization?.line, team: team?.line)
        }
    }

    /// The login of the account, also of accounts that have nothing to do with GitHub.
    var githubLogin: Lenient<String>?
    var name: Lenient<String>?
    var organizations: Lenient<[Lenient<Organization>]>?
    var tokenInfo: Lenient<TokenInfo>?
}

extension Lenient<String> {
    /// For people; nil when there is nothing to see.
    fileprivate var line: String? {
        value.map { oneLine($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
