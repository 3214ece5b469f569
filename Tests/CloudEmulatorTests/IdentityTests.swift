import CloudEmulator
import Testing

/// Identity tokens: how they are issued, and that they are really checked.
@Suite struct IdentityTests {
    private let audience = "urn:pulumi:org:acme"

    private func refusal(_ token: String, on cloud: CloudEmulator) -> String? {
        let members = [
            #""grant_type":"urn:ietf:params:oauth:grant-type:token-exchange""#, #""audience":"\#(audience)""#,
            #""requested_token_type":"urn:pulumi:token-type:access_token:personal""#, #""scope":"user:alice""#,
            #""subject_token_type":"urn:ietf:params:oauth:token-type:id_token""#, #""subject_token":"\#(token)""#,
        ]
        let reply = cloud.ask(
            "POST",
            "/api/oauth/token",
            token: "",
            body: "{\(members.joined(separator: ","))}"
        )
        guard reply?.status != 200 else { return nil }
        #expect(reply?.json?["error"]?.text == "invalid_grant")
        return reply?.json?["error_description"]?.text
    }

    enum Wrong: CaseIterable {
        case expired, expiring, notYet, forged, otherIssuer, otherAudience, noAudience

        var reason: String {
            switch self {
            case .expired, .expiring: "the subject token has expired"
            case .notYet: "the subject token is not valid yet"
            case .forged: "the signature of the subject token is invalid"
            case .otherIssuer: "the issuer of the subject token is not registered"
            case .otherAudience, .noAudience: "the audience of the subject token does not match"
            }
        }

        func change(_ wanted: inout IdentityTokenRequest) {
            switch self {
            case .expired: wanted.lifetime = -40
            case .expiring: wanted.lifetime = 0
            case .notYet: wanted.claims = ["nbf": .integer(1_800_000_061)]
            case .forged: wanted.isForged = true
            case .otherIssuer: wanted.issuer = "https://issuer.invalid"
            case .otherAudience: wanted.audience = .array([.string("urn:pulumi:org:other"), .string("x")])
            case .noAudience: wanted.claims = ["aud": .null]
            }
        }
    }

    @Test(arguments: Wrong.allCases.map { ($0, "ES256") } + [(.forged, "RS256")])
    func `an identity that is not right is refused with the reason`(wrong: Wrong, algorithm: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        var wanted = IdentityTokenRequest(audience: audience, algorithm: algorithm)
        wrong.change(&wanted)
        #expect(refusal(try cloud.identityToken(wanted), on: cloud) == wrong.reason)
    }

    @Test(arguments: [("ES256", "github"), ("ES256", "gitlab"), ("RS256", "github")])
    func `an identity that is right is accepted, whatever signs it`(algorithm: String, issuer: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        var wanted = IdentityTokenRequest(issuer: issuer, audience: audience, algorithm: algorithm)
        #expect(refusal(try cloud.identityToken(wanted), on: cloud) == nil)
        wanted.audience = .array([.string("other"), .string(audience)])
        #expect(refusal(try cloud.identityToken(wanted), on: cloud) == nil)
    }

    @Test func `a claim that was changed after the signature is noticed`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let first = try cloud.identityToken(IdentityTokenRequest(audience: audience, subject: "one"))
        let second = try cloud.identityToken(IdentityTokenRequest(audience: audience, subject: "two"))
        let parts = zip(first.split(separator: "."), second.split(separator: ".")).map { ($0, $1) }
        for mixed in [[0, 1, 0], [0, 0, 1]] {
            let token = zip(parts, mixed).map { $1 == 0 ? $0.0 : $0.1 }.joined(separator: ".")
            #expect(refusal(token, on: cloud) == "the signature of the subject token is invalid")
        }
        // `alg: none`
        let none = "eyJhbGciOiJub25lIn0." + parts[1].0 + "."
        #expect(refusal(none, on: cloud) == "the signature of the subject token is invalid")
    }

    @Test func `an identity may be good for one exchange only`() throws {
        let cloud = try CloudEmulator.plain { $0.exchange.rejectsReusedTokens = true }
        defer { cloud.stop() }
        let token = try cloud.identityToken(IdentityTokenRequest(audience: audience))
        #expect(refusal(token, on: cloud) == nil)
        #expect(refusal(token, on: cloud) == "the subject token was used before")
        #expect(refusal(try cloud.identityToken(IdentityTokenRequest(audience: audience)), on: cloud) == nil)
    }

    @Test(arguments: [
        ([], false), ([Policy(tokenType: "personal")], true), ([Policy(tokenType: "team")], false),
        ([Policy(tokenType: "personal", subject: "alice")], true),
        ([Policy(tokenType: "personal", subject: "bob")], false),
        ([Policy(tokenType: "personal"), Policy(decision: "deny", tokenType: "personal")], false),
        ([Policy(tokenType: "personal"), Policy(decision: "deny", tokenType: "team")], true),
        ([Policy(tokenType: "personal", claims: ["sub": "project_path:acme/*"])], true),
        ([Policy(tokenType: "personal", claims: ["sub": "project_path:other/*"])], false),
        ([Policy(tokenType: "personal", claims: ["sub": "*", "ref": "main"])], false),
    ])
    func `policies decide, and a denial wins`(policies: [Policy], isAllowed: Bool) throws {
        let cloud = try CloudEmulator.plain { $0.exchange.policies = policies }
        defer { cloud.stop() }
        let token = try cloud.identityToken(IdentityTokenRequest(audience: audience))
        #expect(
            refusal(token, on: cloud) == (isAllowed ? nil : "no authorization policy allows this token")
        )
    }

    @Test func `an organization without an issuer exchanges nothing`() throws {
        let cloud = try CloudEmulator.plain { $0.exchange.organizations = [] }
        defer { cloud.stop() }
        let token = try cloud.identityToken(IdentityTokenRequest(audience: audience))
        #expect(refusal(token, on: cloud) == "the audience of the subject token does not match")
    }

    @Test func `GitHub's endpoint issues what the audience asks for, to whoever has its bearer`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let path = "/oidc/github?api-version=2.0&audience=urn%3Apulumi%3Aorg%3Aacme"
        #expect(cloud.identityRequestURL == "\(cloud.origin)/oidc/github?api-version=2.0")
        #expect(cloud.ask("GET", path, token: "")?.status == 401)
        #expect(cloud.ask("GET", path, token: cloud.identityRequestToken)?.status == 401)
        let bearer = "Authorization: Bearer \(cloud.identityRequestToken)"
        let reply = cloud.ask("GET", path, token: "", fields: [bearer])
        #expect(reply?.status == 200)
        let token = try #require(reply?.json?["value"]?.text)
        #expect(reply?.json?["count"]?.wholeNumber == Int64(token.utf8.count))
        #expect(refusal(token, on: cloud) == nil)
        #expect(cloud.requests.map(\.credential).prefix(3) == ["none", "unknown token", "identity-request"])
    }
}
