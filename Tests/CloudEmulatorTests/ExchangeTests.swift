import CloudEmulator
import Testing

/// The exchange of an identity token for an access token (RFC 8693).
@Suite struct ExchangeTests {
    private let audience = "urn:pulumi:org:acme"

    private func members(_ identity: String, _ changes: [String: String?] = [:]) -> [String: String] {
        let standard: [String: String?] = [
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": audience,
            "requested_token_type": "urn:pulumi:token-type:access_token:personal",
            "scope": "user:alice",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "subject_token": identity,
        ]
        return standard.merging(changes) { $1 }.compactMapValues { $0 }
    }

    private func exchange(
        _ cloud: CloudEmulator,
        _ identity: String,
        _ changes: [String: String?] = [:],
        expiration: String? = nil
    ) -> WireReply? {
        let members = members(identity, changes).map { #""\#($0.key)":"\#($0.value)""# }
        let all = members + (expiration.map { [#""expiration":\#($0)"#] } ?? [])
        return cloud.ask("POST", "/api/oauth/token", token: "", body: "{\(all.joined(separator: ","))}")
    }

    private func identity(
        _ cloud: CloudEmulator,
        _ change: (inout IdentityTokenRequest) -> Void = { _ in }
    ) throws -> String {
        var wanted = IdentityTokenRequest(audience: audience)
        change(&wanted)
        return try cloud.identityToken(wanted)
    }

    private func refusal(_ error: String, _ description: String) -> String {
        #"{"error":"\#(error)","error_description":"\#(description)"}"#
    }

    @Test func `a signed identity becomes an access token of the user`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let reply = exchange(cloud, try identity(cloud), expiration: "180")
        #expect(reply?.status == 200)
        let value = try #require(reply?.json?["access_token"]?.text)
        #expect(
            reply?.json
                == .object([
                    "access_token": .string(value),
                    "issued_token_type": .string("urn:pulumi:token-type:access_token:personal"),
                    "token_type": .string("token"), "expires_in": .integer(180), "scope": .string("user:alice"),
                    "refresh_token": .string(""),
                ])
        )
        #expect(cloud.ask("GET", "/api/user", token: value)?.json?["githubLogin"]?.text == "alice")
        cloud.advanceClock(by: 180)
        #expect(cloud.ask("GET", "/api/user", token: value)?.status == 401)
    }

    @Test func `forms are understood as well as JSON`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let form = members(try identity(cloud), ["expiration": "90"]).map { name, value in
            name + "=" + value.replacing(":", with: "%3A")
        }
        let reply = cloud.ask(
            "POST",
            "/api/oauth/token",
            token: "",
            type: "application/x-www-form-urlencoded",
            body: form.joined(separator: "&")
        )
        #expect(reply?.status == 200)
        #expect(reply?.json?["expires_in"]?.wholeNumber == 90)
    }

    @Test(
        arguments: [
            (["grant_type": nil], "invalid_request", "grant_type is missing"),
            (["grant_type": "refresh_token"], "unsupported_grant_type", "only token exchange is supported"),
            (["subject_token_type": "x"], "invalid_request", "subject_token_type is not supported"),
            (["subject_token": nil], "invalid_request", "subject_token is missing"),
            (["subject_token": ""], "invalid_request", "subject_token is missing"),
            (["audience": nil], "invalid_request", "audience is missing"),
            (["audience": "acme"], "invalid_request", "audience is invalid"),
            (["requested_token_type": "x"], "invalid_request", "requested_token_type is invalid"),
            (
                ["requested_token_type": "urn:pulumi:token-type:access_token:runner"], "invalid_request",
                "requested_token_type is not supported"
            ),
            (["scope": nil], "invalid_scope", "scope is invalid"),
            (["scope": "alice"], "invalid_scope", "scope is invalid"),
            (["scope": "user:"], "invalid_scope", "scope is invalid"),
            (["scope": "user:carol"], "invalid_grant", "no such user in the organization"),
            (["audience": "urn:pulumi:org:other"], "invalid_grant", "the audience of the subject token does not match"),
            (["subject_token": "no token"], "invalid_grant", "the subject token is not a JSON web token"),
            (["subject_token": "a.b.c"], "invalid_grant", "the subject token is not a JSON web token"),
        ] as [([String: String?], String, String)]
    )
    func `a request that is not right is refused in the words of RFC 6749`(
        changes: [String: String?],
        error: String,
        description: String
    ) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = exchange(cloud, try identity(cloud), changes)
        #expect(reply?.status == 400)
        #expect(reply?["Content-Type"] == "application/json")
        #expect(reply?.text == refusal(error, description))
        #expect(cloud.tokens(.exchanged) == [])
    }

    @Test(arguments: ["0", "-1", #""180""#, "1.5", "null"])
    func `an expiration is a number of seconds`(expiration: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = exchange(cloud, try identity(cloud), expiration: expiration)
        #expect(reply?.text == refusal("invalid_request", "expiration is not a number of seconds"))
    }

    @Test func `the lifetime is the usual one, the wanted one or the longest one`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        func granted(_ expiration: String?) throws -> Int64? {
            exchange(cloud, try identity(cloud), expiration: expiration)?.json?["expires_in"]?.wholeNumber
        }
        #expect(try granted(nil) == 7200)
        #expect(try granted("90000") == 90000)
        #expect(try granted("90001") == 90000)
        cloud.configure { $0.exchange.rejectsLongExpiration = true }
        #expect(try granted("90001") == nil)
    }

    @Test(arguments: [("text/plain", "{}"), ("application/json", "[]"), ("application/json", "a=b")])
    func `a body that is neither JSON nor a form is refused`(type: String, body: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = cloud.ask("POST", "/api/oauth/token", token: "", type: type, body: body)
        #expect(reply?.text == refusal("invalid_request", "the body is neither JSON nor a form"))
    }

    @Test(arguments: [
        ("team", "team:ops", "acme/ops"), ("organization", "admin", "acme"), ("organization", "", "acme"),
    ])
    func `tokens of teams and organizations are a robot's`(type: String, scope: String, owner: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = exchange(
            cloud,
            try identity(cloud),
            ["requested_token_type": "urn:pulumi:token-type:access_token:\(type)", "scope": scope]
        )
        let value = try #require(reply?.json?["access_token"]?.text)
        let user = cloud.ask("GET", "/api/user", token: value)?.json
        #expect(user?["tokenInfo"]?["organization"]?.text == "acme")
        #expect(user?["tokenInfo"]?["team"]?.text == (type == "team" ? "ops" : nil))
        #expect(cloud.tokens(.exchanged).map(\.owner) == [owner])
    }

    @Test func `an exchanged token neither mints nor is listed, unless it may`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let value = exchange(cloud, try identity(cloud))?.json?["access_token"]?.text
        let refused = cloud.mint(token: value)
        #expect(refused?.status == 403)
        #expect(refused?.json?["message"]?.text == "Forbidden: this token cannot create personal access tokens")
        let id = try #require(cloud.tokens(.exchanged).first?.id)
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains(id) == false)
        #expect(cloud.ask("DELETE", "/api/user/tokens/\(id)")?.status == 404)

        cloud.configure {
            $0.exchangedTokensMayMint = true
            $0.exchange.tokensAreListed = true
        }
        #expect(cloud.mint(token: value)?.status == 200)
        #expect(cloud.tokens(.minted).map(\.owner) == ["alice"])
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains(id) == true)
    }
}
