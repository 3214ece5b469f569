import CloudEmulator
import Testing

/// What other processes tell the emulator and ask of it.
@Suite struct ControlTests {
    private func control(_ cloud: CloudEmulator, _ method: String, _ path: String, _ body: String? = nil) -> WireReply?
    {
        cloud.ask(method, "/_control" + path, token: "", body: body)
    }

    @Test func `the state is a report, and driving leaves no trace in it`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        _ = cloud.mint()
        let state = control(cloud, "GET", "/state")?.json
        #expect(state?["liveTokens"]?.wholeNumber == 1)
        #expect(state?["mintedTokens"]?.wholeNumber == 1)
        #expect(state?["requests"]?.wholeNumber == 1)
        #expect(state?["connections"]?.wholeNumber == 1)
        #expect(state?["time"]?.wholeNumber == 1_800_000_000)
        #expect(control(cloud, "GET", "/live")?.text == "1\n")
        #expect(cloud.requests.count == 1)
    }

    @Test func `tokens are shown by kind, and their values only on demand`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let (id, value) = cloud.minted()
        let all = control(cloud, "GET", "/tokens")
        #expect(all?.json?.elements.count == 3)
        #expect(all?.text.contains("pul-") == false)
        let minted = control(cloud, "GET", "/tokens?kind=minted&values=true")?.json?.elements
        #expect(minted?.count == 1)
        #expect(minted?.first?["id"]?.text == id)
        #expect(minted?.first?["value"]?.text == value)
        #expect(minted?.first?["live"] == .bool(true))
        #expect(control(cloud, "POST", "/revoke?id=\(id)")?.status == 204)
        #expect(control(cloud, "GET", "/tokens?kind=minted")?.json?.elements.first?["live"] == .bool(false))
        #expect(control(cloud, "POST", "/revoke?id=x")?.text == "no token x\n")
    }

    @Test func `requests are told and forgotten`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        _ = cloud.ask("GET", "/api/user?a=b")
        let request = control(cloud, "GET", "/requests")?.json?.elements.first
        #expect(request?["path"]?.text == "/api/user")
        #expect(request?["query"]?.text == "a=b")
        #expect(request?["status"]?.wholeNumber == 200)
        #expect(control(cloud, "DELETE", "/requests")?.status == 204)
        #expect(control(cloud, "GET", "/requests")?.text == "[]")
    }

    @Test func `switches are told and changed, and a misspelt one is an error`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        #expect(
            control(
                cloud,
                "POST",
                "/configure",
                #"{"createStatus":201,"rateLimit":{"count":5},"users":[{"login":"carol","token":"pul-carol"}]}"#
            )?.status == 204
        )
        let configuration = control(cloud, "GET", "/configuration")?.json
        #expect(configuration?["createStatus"]?.wholeNumber == 201)
        #expect(configuration?["rateLimit"]?["count"]?.wholeNumber == 5)
        #expect(configuration?["rateLimit"]?["seconds"]?.wholeNumber == 300)
        #expect(cloud.mint(token: "pul-carol")?.status == 201)

        for (change, problem) in [
            (#"{"createStaus":201}"#, "unknown member createStaus"),
            (#"{"rateLimit":{"cuont":5}}"#, "unknown member rateLimit.cuont"),
            (#"{"rateLimit":{"retryAfter":"later"}}"#, "rateLimit.retryAfter has a value that is unknown"),
            (#"{"createStatus":"many"}"#, "createStatus is of another type"), ("{", "this is no JSON"),
        ] {
            let reply = control(cloud, "POST", "/configure", change)
            #expect(reply?.status == 400)
            #expect(reply?.text == problem + "\n")
        }
    }

    @Test func `misbehaviour is told, replaced by none, and checked`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        #expect(control(cloud, "POST", "/misbehave", #"[{"status":503,"times":0}]"#)?.status == 204)
        #expect(cloud.ask("GET", "/api/user")?.status == 503)
        #expect(control(cloud, "DELETE", "/misbehave")?.status == 204)
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(control(cloud, "POST", "/misbehave", #"{"stall":"beforeActing"}"#)?.status == 204)
        #expect(control(cloud, "POST", "/release")?.status == 204)
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(control(cloud, "POST", "/misbehave", #"{"hold":"yes"}"#)?.text == "hold is of another type\n")
        #expect(control(cloud, "POST", "/misbehave", #"{"hodl":true}"#)?.text == "unknown member hodl\n")
    }

    @Test func `the clock stands, jumps and runs`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        func date() -> String? { cloud.ask("GET", "/api/user")?["Date"] }
        #expect(control(cloud, "POST", "/clock", #"{"freeze":1800000000}"#)?.status == 204)
        #expect(control(cloud, "POST", "/clock", #"{"advance":60.5}"#)?.status == 204)
        #expect(date() == "Fri, 15 Jan 2027 08:01:00 GMT")
        #expect(control(cloud, "POST", "/clock", #"{"run":true}"#)?.status == 204)
        #expect(control(cloud, "POST", "/clock", #"{"freeze":null}"#)?.status == 204)
        #expect(date()?.hasPrefix("Fri, 15 Jan 2027 08:0") == true)
        #expect(control(cloud, "POST", "/clock", #"{"offset":0}"#)?.status == 204)
        #expect(date()?.contains("Jan 2027") == false)
        for wrong in [#"{"stop":1}"#, #"{"freeze":"now"}"#, #"{"advance":null}"#, #"{"run":true,"advance":1}"#, "[]"] {
            #expect(control(cloud, "POST", "/clock", wrong)?.status == 400)
        }
    }

    @Test func `tokens are planted as if minted earlier`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let ids = control(
            cloud,
            "POST",
            "/seed",
            #"{"owner":"bob","count":2,"description":"job {n} [x:{nonce}]","lifetime":0,"age":60}"#
        )?.json?.elements.compactMap(\.text)
        let tokens = cloud.tokens(.minted)
        #expect(tokens.map(\.id) == ids)
        #expect(tokens.map(\.owner) == ["bob", "bob"])
        #expect(tokens.map(\.expires) == [0, 0])
        #expect(tokens.map(\.created) == [1_799_999_940, 1_799_999_940])
        #expect(tokens.map { $0.description.prefix(9) } == ["job 1 [x:", "job 2 [x:"])
        #expect(Set(tokens.map(\.description)).allSatisfy { $0.count == 32 })
        #expect(control(cloud, "POST", "/seed", #"{"cuont":2}"#)?.text == "unknown member cuont\n")
    }

    @Test func `credentials are told as lines of text`() throws {
        let cloud = try CloudEmulator.plain { $0.machines = [Machine(name: "robot", token: "pul-robot")] }
        defer { cloud.stop() }
        #expect(control(cloud, "GET", "/parent-token")?.text == cloud.parentToken() + "\n")
        #expect(control(cloud, "GET", "/parent-token?user=bob")?.text == cloud.parentToken(of: "bob") + "\n")
        #expect(control(cloud, "GET", "/parent-token?user=robot")?.text == "pul-robot\n")
        #expect(control(cloud, "GET", "/parent-token?user=eve")?.status == 400)
        #expect(control(cloud, "GET", "/identity-request-token")?.text == cloud.identityRequestToken + "\n")
        #expect(control(cloud, "GET", "/ca")?.text == "")

        let identity = control(cloud, "POST", "/identity-token", #"{"audience":["a","b"],"issuer":"github"}"#)?.text
        #expect(identity?.split(separator: ".").count == 3)
        #expect(control(cloud, "POST", "/identity-token", "{}")?.text == "audience is missing\n")
        #expect(
            control(cloud, "POST", "/identity-token", #"{"audience":"a","lifetim":1}"#)?.text
                == "unknown member lifetim\n"
        )
    }

    @Test func `a reset leaves the parents`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let parent = cloud.parentToken()
        cloud.freezeClock(at: 1_800_000_000)
        cloud.misbehave(.status(500, nth: 9))
        _ = cloud.minted()
        try cloud.revoke(id: try #require(cloud.tokens(.parent).first?.id))
        #expect(control(cloud, "POST", "/reset")?.status == 204)
        #expect(cloud.tokens(.minted) == [])
        #expect(cloud.requests == [])
        #expect(cloud.report.misbehaviours == [])
        #expect(cloud.parentToken() == parent)
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(cloud.now < 1_800_000_000 || cloud.now > 1_800_000_001)
    }

    @Test(arguments: [("GET", "/"), ("GET", "/reset"), ("POST", "/state"), ("POST", "/nothing"), ("DELETE", "/clock")])
    func `anything else is not there`(method: String, path: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        #expect(control(cloud, method, path)?.status == 404)
    }
}
