import CloudEmulator
import Testing

/// Creating and deleting tokens, as the published contract says.
@Suite struct TokenTests {
    @Test func `a new token has an id and a value, and nothing tells its expiry`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let reply = try #require(
            cloud.ask(
                "POST",
                "/api/user/tokens?reason=a%20job",
                body: #"{"description":"for \"one\" job","expires":1800003600}"#
            )
        )
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT")
        #expect(reply["X-Pulumi-Request-ID"]?.count == 36)
        guard case .object(let members)? = reply.json else {
            Issue.record("no object")
            return
        }
        #expect(members.keys.sorted() == ["id", "tokenValue"])
        #expect(members["id"]?.text?.count == 36)
        let value = try #require(members["tokenValue"]?.text)
        #expect(value.hasPrefix("pul-"))
        #expect(value.dropFirst(4).count == 40)
        #expect(value.dropFirst(4).allSatisfy { $0.isHexDigit && !$0.isUppercase })

        let token = try #require(cloud.tokens(.minted).first)
        #expect(token.description == #"for "one" job"#)
        #expect(token.expires == 1_800_003_600)
        #expect(token.reason == "a job")
        #expect(token.owner == "alice")
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 200)
    }

    @Test func `a server may answer 201`() throws {
        let cloud = try CloudEmulator.plain { $0.createStatus = 201 }
        defer { cloud.stop() }
        #expect(cloud.mint()?.status == 201)
    }

    @Test(arguments: [
        (#"{"description":"one"}"#, 0), (#"{"description":"one","expires":0}"#, 0),
        (#"{"description":"","expires":1800000001}"#, 1_800_000_001),
        (#"{"description":"one","expires":1863072000,"more":true}"#, 1_863_072_000),
    ])
    func `no expiry means never, as on the real one`(body: String, expires: Int64) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        #expect(cloud.mint(body)?.status == 200)
        #expect(cloud.tokens(.minted).map(\.expires) == [expires])
        #expect(cloud.liveTokens.count == 1)
    }

    @Test(arguments: [
        #"{"description":"one","expires":1800000000}"#, #"{"description":"one","expires":1799999999}"#,
        #"{"description":"one","expires":-1}"#, #"{"description":"one","expires":1863072001}"#,
        #"{"description":"one","expires":1800003600000}"#, #"{"description":"one","expires":"1800003600"}"#,
        #"{"description":"one","expires":1800003600.5}"#, #"{"expires":1800003600}"#,
        #"{"description":7,"expires":1800003600}"#, "[]", "", "{", "description=one",
    ])
    func `a body that is not right makes no token`(body: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let reply = cloud.mint(body)
        #expect(reply?.status == 400)
        #expect(reply?.json?["code"]?.wholeNumber == 400)
        #expect(reply?.json?["message"]?.text?.hasPrefix("Bad Request: ") == true)
        #expect(cloud.tokens(.minted) == [])
    }

    @Test func `a body of another type is refused`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = cloud.ask("POST", "/api/user/tokens", type: "text/plain", body: #"{"description":"one"}"#)
        #expect(reply?.status == 415)
        #expect(cloud.tokens(.minted) == [])
    }

    @Test func `a server may grant less than was asked for`() throws {
        let cloud = try CloudEmulator.plain { $0.grantedLifetime = 600 }
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_030)
        _ = cloud.mint(#"{"description":"one","expires":1800003630}"#)
        cloud.configure {
            $0.grantedLifetime = 0
            $0.expiryRounding = 60
        }
        _ = cloud.mint(#"{"description":"two","expires":1800003630}"#)
        #expect(cloud.tokens(.minted).map(\.expires) == [1_800_000_630, 1_800_003_600])
    }

    @Test func `a deleted token is dead at once, and not there any more`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let (id, value) = cloud.minted()
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 200)

        let deletion = cloud.ask("DELETE", "/api/user/tokens/\(id)")
        #expect(deletion?.status == 204)
        #expect(deletion?["Content-Length"] == nil)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains(id) == false)

        let again = cloud.ask("DELETE", "/api/user/tokens/\(id)")
        #expect(again?.status == 404)
        #expect(again?.text == #"{"code":404,"message":"token not found"}"#)
        #expect(cloud.liveTokens == [])
    }

    @Test func `another user's token is not there`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let (id, value) = cloud.minted(token: cloud.parentToken(of: "bob"))
        #expect(cloud.ask("DELETE", "/api/user/tokens/\(id)")?.status == 404)
        #expect(cloud.ask("GET", "/api/user", token: value)?.json?["githubLogin"]?.text == "bob")
        #expect(cloud.liveTokens.map(\.owner) == ["bob"])
    }

    @Test func `a token may delete itself, unless the server forbids it`() throws {
        let cloud = try CloudEmulator.plain { $0.tokensMayDeleteThemselves = false }
        defer { cloud.stop() }
        let (id, value) = cloud.minted()
        let refused = cloud.ask("DELETE", "/api/user/tokens/\(id)", token: value)
        #expect(refused?.status == 403)
        #expect(refused?.json?["message"]?.text == "Forbidden: a token cannot delete itself")
        cloud.configure { $0.tokensMayDeleteThemselves = true }
        #expect(cloud.ask("DELETE", "/api/user/tokens/\(id)", token: value)?.status == 204)
        #expect(cloud.ask("DELETE", "/api/user/tokens/\(id)", token: value)?.status == 401)
    }
}
