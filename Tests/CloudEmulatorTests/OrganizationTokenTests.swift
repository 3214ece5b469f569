import CloudEmulator
import Testing

/// Tokens of organizations and teams, as the published contract says.
@Suite struct OrganizationTokenTests {
    private static let organization = "/api/orgs/acme/tokens"
    private static let team = "/api/orgs/acme/teams/platform/tokens"
    private static let organizationBody = #"{"name":"pt-1","description":"d","expires":1800003600,"admin":false}"#
    private static let teamBody = #"{"name":"pt-1","description":"d","expires":1800003600}"#

    private func cloud(_ change: (inout Configuration) -> Void = { _ in }) throws -> CloudEmulator {
        let cloud = try CloudEmulator.plain(change)
        cloud.freezeClock(at: 1_800_000_000)
        return cloud
    }

    @Test(arguments: [(organization, organizationBody, "organization"), (team, teamBody, "team")])
    func `a token is made, listed, used and deleted in its own place`(path: String, body: String, type: String) throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        let reply = try #require(cloud.ask("POST", path + "?reason=run", body: body))
        #expect(reply.status == 200)
        let id = try #require(reply.json?["id"]?.text)
        let value = try #require(reply.json?["tokenValue"]?.text)

        let listed = try #require(cloud.ask("GET", path)?.json?["tokens"]?.elements)
        #expect(listed.map { $0["id"]?.text } == [id])
        #expect(listed.map { $0["name"]?.text } == ["pt-1"])
        #expect(listed.map { $0["type"]?.text } == [type])
        #expect(listed.map { $0["createdBy"]?.text } == ["alice"])
        #expect(cloud.ask("GET", "/api/user/tokens")?.json?["tokens"]?.elements.count == 1)

        let user = try #require(cloud.ask("GET", "/api/user", token: value)?.json)
        #expect(user["tokenInfo"]?["name"]?.text == "pt-1")
        #expect(user["tokenInfo"]?["organization"]?.text == "acme")
        #expect(user["tokenInfo"]?["team"]?.text == (type == "team" ? "platform" : nil))
        #expect(cloud.liveTokens.map(\.reason) == ["run"])

        #expect(cloud.ask("DELETE", "/api/user/tokens/\(id)")?.status == 404)
        #expect(cloud.ask("DELETE", "\(path)/\(id)?reason=over")?.status == 204)
        #expect(cloud.ask("DELETE", "\(path)/\(id)")?.status == 404)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
        #expect(cloud.liveTokens == [])
        #expect(cloud.tokens(.minted).map(\.deletionReason) == ["over"])
    }

    @Test func `a name is taken for ever, in the whole organization`() throws {
        let cloud = try cloud { $0.users = [User(login: "alice", organizations: ["acme", "other"])] }
        defer { cloud.stop() }
        let id = try #require(cloud.ask("POST", Self.team, body: Self.teamBody)?.json?["id"]?.text)
        #expect(cloud.ask("POST", Self.team, body: Self.teamBody)?.status == 409)
        #expect(cloud.ask("POST", "/api/orgs/acme/teams/b/tokens", body: Self.teamBody)?.status == 409)
        #expect(cloud.ask("DELETE", "\(Self.team)/\(id)")?.status == 204)
        let reply = cloud.ask("POST", Self.organization, body: Self.organizationBody)
        #expect(reply?.status == 409)
        #expect(reply?.json?["message"]?.text == "Conflict: token name already exists")
        #expect(cloud.ask("POST", "/api/orgs/other/tokens", body: Self.organizationBody)?.status == 200)
    }

    @Test(arguments: [
        #"{"description":"d","expires":1800003600,"admin":false}"#,
        #"{"name":"","description":"d","expires":1800003600,"admin":false}"#,
        #"{"name":"a b","description":"d","expires":1800003600,"admin":false}"#,
        #"{"name":"a/b","description":"d","expires":1800003600,"admin":false}"#,
        #"{"name":"12345678901234567890123456789012345678901","description":"d","expires":1800003600,"admin":false}"#,
        #"{"name":"a","expires":1800003600,"admin":false}"#,
        #"{"name":"a","description":"d","admin":false}"#,
        #"{"name":"a","description":"d","expires":1800003600}"#,
        #"{"name":"a","description":"d","expires":1799999999,"admin":false}"#,
    ])
    func `a creation that the schema does not allow is refused`(body: String) throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        #expect(cloud.ask("POST", Self.organization, body: body)?.status == 400)
        #expect(cloud.liveTokens == [])
    }

    @Test func `a name of 40 characters is taken`() throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        let name = String(repeating: "a", count: 40)
        let body = #"{"name":"\#(name)","description":"d","expires":1800003600}"#
        #expect(cloud.ask("POST", Self.team, body: body)?.status == 200)
    }

    @Test func `a cap refuses longer lives, and none at all, and the metadata tells it`() throws {
        let cloud = try cloud { $0.rights.longestTokenDays = 1 }
        defer { cloud.stop() }
        let statuses = [0, 1_800_086_401, 1_800_086_400].map { (expires: Int) in
            cloud.ask("POST", Self.team, body: #"{"name":"n\#(expires)","description":"d","expires":\#(expires)}"#)?
                .status
        }
        #expect(statuses == [400, 400, 200])
        let metadata = cloud.ask("GET", "/api/orgs/acme/metadata")?.json
        #expect(metadata?["maxAccessTokenExpiryDays"]?.wholeNumber == 1)
    }

    @Test func `an edition without the feature says so in the metadata and refuses`() throws {
        let cloud = try cloud {
            $0.rights.teamTokens = false
            $0.rights.organizationTokens = false
        }
        defer { cloud.stop() }
        #expect(cloud.ask("POST", Self.team, body: Self.teamBody)?.status == 403)
        #expect(cloud.ask("POST", Self.organization, body: Self.organizationBody)?.status == 403)
        let features = cloud.ask("GET", "/api/orgs/acme/metadata")?.json?["features"]
        #expect(features?["machineTokensEnabled"] == .bool(false))
        #expect(features?["teamsEnabled"] == .bool(false))
        #expect(cloud.ask("GET", "/api/orgs/acme/metadata")?.json?["maxAccessTokenExpiryDays"] == nil)
    }

    @Test func `a robot whose role may only mint for one team can do nothing else`() throws {
        let value = "robot-" + String(repeating: "x", count: 8)
        let cloud = try cloud {
            $0.machines = [Machine(name: "minter", token: value)]
            $0.rights.grants = [.init(who: "minter", right: "team:*", team: "platform")]
        }
        defer { cloud.stop() }
        let id = cloud.ask("POST", Self.team, token: value, body: Self.teamBody)?.json?["id"]?.text ?? ""
        #expect(cloud.ask("GET", Self.team, token: value)?.json?["tokens"]?.elements.count == 1)
        #expect(cloud.ask("DELETE", "\(Self.team)/\(id)", token: value)?.status == 204)

        let other = "/api/orgs/acme/teams/other/tokens"
        #expect(cloud.ask("POST", other, token: value, body: Self.teamBody)?.status == 403)
        #expect(cloud.ask("GET", other, token: value)?.status == 403)
        #expect(cloud.ask("POST", Self.organization, token: value, body: Self.organizationBody)?.status == 403)
        #expect(cloud.ask("GET", Self.organization, token: value)?.status == 403)
        #expect(cloud.ask("POST", "/api/user/tokens", token: value, body: Self.teamBody)?.status == 403)
        #expect(cloud.ask("POST", "/api/orgs/other/tokens", token: value, body: Self.organizationBody)?.status == 404)
    }

    @Test func `an administrator's token may mint for teams, but not for the organization`() throws {
        let value = "robot-" + String(repeating: "y", count: 8)
        let cloud = try cloud { $0.machines = [Machine(name: "root", token: value, isAdmin: true)] }
        defer { cloud.stop() }
        #expect(cloud.ask("POST", Self.team, token: value, body: Self.teamBody)?.status == 200)
        #expect(cloud.ask("POST", Self.organization, token: value, body: Self.organizationBody)?.status == 403)
        #expect(cloud.ask("GET", Self.organization, token: value)?.status == 200)
    }

    @Test func `a token without a grant may not mint another`() throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        let value = cloud.ask("POST", Self.team, body: Self.teamBody)?.json?["tokenValue"]?.text ?? ""
        let body = #"{"name":"pt-2","description":"d","expires":1800003600}"#
        #expect(cloud.ask("POST", Self.team, token: value, body: body)?.status == 403)
    }

    @Test func `what is not there is not found, and an organization's token is not a team's`() throws {
        let cloud = try cloud {
            $0.rights.teams = ["platform"]
            $0.rights.roles = ["r-1"]
        }
        defer { cloud.stop() }
        #expect(cloud.ask("GET", "/api/orgs/nobody/tokens")?.status == 404)
        #expect(cloud.ask("GET", "/api/orgs/nobody/metadata")?.status == 404)
        #expect(cloud.ask("GET", "/api/orgs/acme/teams/other/tokens")?.status == 404)
        #expect(cloud.ask("PUT", Self.team)?.status == 405)
        let body = { (name: String, role: String) in
            #"{"name":"\#(name)","description":"d","expires":0,"admin":true,"roleID":"\#(role)"}"#
        }
        #expect(cloud.ask("POST", Self.organization, body: body("a", "r-2"))?.status == 404)
        let id = cloud.ask("POST", Self.organization, body: body("b", "r-1"))?.json?["id"]?.text ?? ""
        #expect(cloud.ask("DELETE", "\(Self.team)/\(id)")?.status == 400)
        #expect(cloud.liveTokens.map(\.role) == ["r-1"])
        #expect(cloud.liveTokens.map(\.isAdmin) == [true])
    }

    @Test func `seeded tokens of a team have pages as others do`() throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        cloud.plant(Seed(count: 3, organization: "acme", team: "platform"))
        cloud.plant(Seed(count: 2, organization: "acme"))
        let first = cloud.ask("GET", Self.team + "?maxResults=2")?.json
        #expect(first?["tokens"]?.elements.count == 2)
        let next = try #require(first?["continuationToken"]?.text)
        #expect(cloud.ask("GET", Self.team + "?continuationToken=\(next)")?.json?["tokens"]?.elements.count == 1)
        #expect(cloud.ask("GET", Self.organization)?.json?["tokens"]?.elements.count == 2)
    }
}
