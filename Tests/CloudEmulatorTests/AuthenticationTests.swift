import CloudEmulator
import Testing

/// Whose credential is accepted, and for what.
@Suite struct AuthenticationTests {
    private let unauthorized = #"{"code":401,"message":"Unauthorized: No credentials provided or are invalid."}"#

    @Test(arguments: ["", "Authorization: Bearer TOKEN", "Authorization: TOKEN", "Authorization: token", "X: TOKEN"])
    func `a credential comes as a token or not at all`(field: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let fields = [field.replacing("TOKEN", with: cloud.parentToken())]
        let reply = cloud.ask("GET", "/api/user", token: "", fields: fields.filter { !$0.isEmpty })
        #expect(reply?.status == 401)
        #expect(reply?.text == unauthorized)
    }

    @Test(arguments: [
        ("GET", "/api/user"), ("GET", "/api/user/tokens"), ("POST", "/api/user/tokens"),
        ("DELETE", "/api/user/tokens/x"),
    ])
    func `every resource wants one`(method: String, path: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = cloud.ask(method, path, token: "pul-unknown", body: #"{"description":"one"}"#)
        #expect(reply?.status == 401)
        #expect(reply?.text == unauthorized)
        #expect(cloud.tokens(.minted) == [])
    }

    @Test func `an expired token is none, from its very second on`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let value = cloud.mint(#"{"description":"one","expires":1800000060}"#)?.json?["tokenValue"]?.text
        cloud.advanceClock(by: 59.9)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 200)
        cloud.advanceClock(by: 0.1)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
        #expect(cloud.liveTokens == [])
    }

    @Test func `a token that was revoked behind one's back is none`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let (id, value) = cloud.minted()
        try cloud.revoke(id: id)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
        #expect(throws: EmulatorError.invalid("no token x")) { try cloud.revoke(id: "x") }
    }

    @Test func `a new token is not accepted for its first second`() throws {
        let cloud = try CloudEmulator.plain { $0.secondsBeforeAcceptance = 1 }
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let (_, value) = cloud.minted()
        cloud.advanceClock(by: 0.75)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
        cloud.advanceClock(by: 0.25)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 200)
        // The parent is old.
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
    }

    @Test func `a new token is not accepted the first times`() throws {
        let cloud = try CloudEmulator.plain { $0.requestsBeforeAcceptance = 2 }
        defer { cloud.stop() }
        let (_, value) = cloud.minted()
        let statuses = (0..<4).map { _ in cloud.ask("GET", "/api/user", token: value)?.status }
        #expect(statuses == [401, 401, 200, 200])
    }

    @Test(arguments: [("", "robot of acme"), ("ops", "robot of the team")])
    func `a robot is no user, and mints only where that is allowed`(team: String, name: String) throws {
        let cloud = try CloudEmulator.plain { $0.machines = [Machine(name: name, team: team, token: "pul-robot")] }
        defer { cloud.stop() }
        let user = cloud.ask("GET", "/api/user", token: "pul-robot")?.json
        #expect(user?["tokenInfo"]?["name"]?.text == name)
        #expect(user?["tokenInfo"]?["organization"]?.text == "acme")
        #expect(user?["tokenInfo"]?["team"]?.text == (team.isEmpty ? nil : team))

        let refused = cloud.mint(token: "pul-robot")
        #expect(refused?.status == 403)
        #expect(refused?.json?["code"]?.wholeNumber == 403)
        #expect(cloud.tokens(.minted) == [])
        cloud.configure { $0.machineTokensMayMint = true }
        #expect(cloud.mint(token: "pul-robot")?.status == 200)
    }

    @Test func `a user is described as far as clients read it`() throws {
        let cloud = try CloudEmulator.plain { $0.users = [User(login: "jo", organizations: ["acme", "other"])] }
        defer { cloud.stop() }
        let user = cloud.ask("GET", "/api/user", token: cloud.parentToken(of: "jo"))?.json
        #expect(user?["githubLogin"]?.text == "jo")
        #expect(user?["name"]?.text == "jo")
        #expect(user?["email"]?.text == "jo@example.invalid")
        #expect(user?["organizations"]?.elements.map { $0["githubLogin"]?.text } == ["acme", "other"])
        #expect(user?["tokenInfo"] == nil)
    }

    @Test func `an organization may refuse credentials that live too long`() throws {
        let cloud = try CloudEmulator.plain { $0.expiryPolicy.organization = "acme-corp" }
        defer { cloud.stop() }
        let reply = cloud.mint()
        #expect(reply?.status == 403)
        #expect(
            reply?.json?["message"]?.text
                == "The `acme-corp` organization enforces a max access token expiry of `14` days that your current token "
                + "does not meet. Please generate a new token with a TTL meeting your org's threshold to perform this "
                + "request."
        )
        #expect(cloud.tokens(.minted) == [])
    }

    @Test func `a user may have to sign in by SAML again`() throws {
        let cloud = try CloudEmulator.plain { $0.samlReauthentication = "acme" }
        defer { cloud.stop() }
        let reply = cloud.ask("GET", "/api/user")
        #expect(reply?.status == 401)
        #expect(reply?.json?["code"]?.wholeNumber == 401)
        let error = reply?.json?["errors"]?.elements.first
        #expect(error?["errorType"]?.text == "saml_reauth_required")
        #expect(error?["attribute"]?.text == "acme")
    }
}
