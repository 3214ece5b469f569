internal import HTTPTransport
internal import JSON

extension PulumiCloud {
    /// Who the credential belongs to: `GET /api/user`.
    package func currentUser() throws(CloudError) -> CurrentUser {
        let response = try send(request("GET", ["api", "user"]))
        guard let reply = response.object else {
            throw response.unreadable("it is not the JSON of a user")
        }
        // The login of the account, also of accounts that have nothing to do with GitHub.
        guard let login = reply["githubLogin"]?.line else { throw response.unreadable("it has no login name") }
        return CurrentUser(
            login: login,
            name: reply["name"]?.line,
            organizations: reply["organizations"]?.elements?.compactMap { $0["githubLogin"]?.line } ?? [],
            machineToken: reply["tokenInfo"].flatMap { CurrentUser.MachineToken($0) },
            serverTime: response.serverTime
        )
    }
}

extension CloudConnection {
    /// Asks who we are without saying it, which Pulumi Cloud refuses: whether it answers at all.
    ///
    /// - Returns: the server's time, Unix time in seconds; nil when it does not say.
    package func ping() throws(CloudError) -> Int64? {
        do throws(CloudError) {
            let reply = try send(request("GET", ["api", "user"], credential: nil), hiding: [])
            // A page for people, perhaps, from something that answers in its place.
            guard reply.object != nil else { throw reply.unreadable("it is not the JSON of the API") }
            return reply.serverTime
        } catch {
            guard error.isRefusalOfCredential else { throw error }
            return error.serverTime
        }
    }
}

extension CurrentUser.MachineToken {
    /// nil when nothing is said of a machine's token.
    fileprivate init?(_ node: JSONNode) {
        let (name, organization, team) = (node["name"]?.line, node["organization"]?.line, node["team"]?.line)
        guard name != nil || organization != nil || team != nil else { return nil }
        self.init(name: name ?? "", organization: organization, team: team)
    }
}

extension JSONNode {
    /// For people; nil when there is nothing to see.
    fileprivate var line: String? {
        string.map { oneLine($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
