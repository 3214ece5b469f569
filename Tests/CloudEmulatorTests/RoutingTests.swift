import CloudEmulator
import Testing

/// What is where, and how an edge answers for what is not.
@Suite struct RoutingTests {
    @Test(arguments: [
        "/", "/api", "/api/", "/api/user/", "/api/users", "/api/user/tokens/", "/api/user/tokens/a/b",
        "/api/user/tokens/a%2Fb", "/API/user", "/oidc", "/api/oauth/token/",
    ])
    func `an unknown path is answered in plain text`(path: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = cloud.ask("GET", path)
        #expect(reply?.status == 404)
        #expect(reply?["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(reply?.text == "404 page not found\n")
    }

    @Test(arguments: [
        ("POST", "/api/user"), ("PUT", "/api/user/tokens"), ("DELETE", "/api/user/tokens"), ("GET", "/api/oauth/token"),
        ("GET", "/api/user/tokens/x"), ("POST", "/oidc/github"), ("HEAD", "/api/user"),
    ])
    func `a known path has its methods`(method: String, path: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        #expect(cloud.ask(method, path)?.status == 405)
    }

    @Test func `a path prefix belongs to every resource of the API`() throws {
        let cloud = try CloudEmulator.plain { $0.pathPrefix = "/pulumi" }
        defer { cloud.stop() }
        #expect(cloud.url == "\(cloud.origin)/pulumi")
        #expect(cloud.ask("GET", "/pulumi/api/user")?.status == 200)
        #expect(cloud.ask("POST", "/pulumi/api/user/tokens", body: #"{"description":"one"}"#)?.status == 200)
        for path in ["/api/user", "/pulumiapi/user", "/pulumi/pulumi/api/user", "/other/api/user"] {
            #expect(cloud.ask("GET", path)?.status == 404)
        }
    }

    @Test func `every request is remembered, without its credential`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let (id, value) = cloud.minted()
        _ = cloud.ask("DELETE", "/api/user/tokens/\(id)?a=%20", token: value, fields: ["X-Field: value"])
        _ = cloud.ask("GET", "/a%20b", token: "pul-unknown")
        _ = cloud.ask("GET", "/api/user", token: "")
        let requests = cloud.requests
        #expect(requests.map(\.number) == [1, 2, 3, 4])
        #expect(requests.map(\.connection) == [1, 2, 3, 4])
        #expect(requests.map(\.status) == [200, 204, 404, 401])
        #expect(requests.map(\.path) == ["/api/user/tokens", "/api/user/tokens/\(id)", "/a b", "/api/user"])
        #expect(requests[0].body == #"{"description":"one","expires":0}"#)
        #expect(requests[1].query == "a=%20")
        #expect(requests[1]["x-field"] == "value")
        let parent = try #require(cloud.tokens(.parent).first)
        #expect(
            requests.map(\.credential) == ["parent:alice:\(parent.id)", "minted:alice:\(id)", "unknown token", "none"]
        )
        #expect(!"\(requests)".contains(value))
        #expect(!"\(requests)".contains(cloud.parentToken()))
    }
}
