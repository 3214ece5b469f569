import HTTPTransport
import PulumiCloud
import Secrets
import StubTransport
import Testing

private let team = TokenKind.team("plat form", organization: "acme")
private let organization = TokenKind.organization("acme")
private let teamTokens = "https://api.pulumi.com/api/orgs/acme/teams/plat%20form/tokens"
private let organizationTokens = "https://api.pulumi.com/api/orgs/acme/tokens"

@Suite struct TokenKindTests {
    @Test(
        arguments: [
            (TokenKind.personal, mint, #"{"description":"d","expires":9}"#),
            (team, "POST " + teamTokens, #"{"name":"pt-N","description":"d","expires":9}"#),
            (
                organization, "POST " + organizationTokens,
                #"{"name":"pt-N","description":"d","expires":9,"admin":true,"roleID":"r-1"}"#
            ),
        ]
    )
    func `a token is minted where its kind is at home, with the members that its kind has`(
        kind: TokenKind,
        request: String,
        body: String
    ) throws {
        let scene = try Scene(request + "?reason=why", .reply(200, #"{"id":"t-1","tokenValue":"v"}"#))
        let token = NewToken(
            kind: kind,
            name: kind.tokenName(nonce: "N"),
            description: "d",
            expires: 9,
            reason: "why",
            role: "r-1",
            isAdmin: true
        )
        #expect(try scene.cloud.createToken(token).id.rawValue == "t-1")
        #expect(scene.transport.requests.map { $0.text.split(separator: "\n").last ?? "" } == [body[...]])
        #expect(scene.transport.finish() == [])
    }

    @Test func `a token without an expiry is never asked for`() throws {
        let scene = try Scene([])
        for expires: Int64 in [0, -1, .min] {
            let error = failure { () throws(CloudError) in
                try scene.cloud.createToken(NewToken(description: "d", expires: expires))
            }
            #expect(error?.summary == "the token would never expire")
            #expect(error?.mayHaveActed == false)
        }
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [(team, teamTokens), (organization, organizationTokens)])
    func `a list of one kind has pages of its own`(kind: TokenKind, url: String) throws {
        let scene = try Scene([
            ("GET \(url)?maxResults=1000", .reply(200, #"{"tokens":[{"id":"a","name":"n"}],"continuationToken":"c"}"#)),
            ("GET \(url)?maxResults=1000&continuationToken=c", .reply(200, #"{"tokens":[]}"#)),
        ])
        let page = try scene.cloud.tokens(of: kind, after: nil)
        #expect(page.tokens.map(\.name) == ["n"])
        #expect(try scene.cloud.tokens(of: kind, after: page.continuation) == TokenPage(tokens: []))
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: [
        (TokenKind.personal, deletion(of: "a")), (organization, "DELETE \(organizationTokens)/a"),
        (team, "DELETE \(teamTokens)/a?reason=job%20over"),
    ])
    func `a token is deleted where its kind is at home, a team's with the reason`(
        kind: TokenKind,
        request: String
    ) throws {
        let scene = try Scene([(request, .reply(204)), (request, .reply(204))])
        let id = try TokenID("a")
        try scene.cloud.deleteToken(id, of: kind, reason: "job over")
        var waiting = [id]
        scene.cloud.deleteTokens(
            of: kind,
            reason: "job over",
            connections: 1,
            next: { waiting.popLast() },
            completed: { _, result in #expect((try? result.get()) != nil) }
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `a kind survives being written down`() {
        for kind in [TokenKind.personal, team, organization] {
            #expect(TokenKind(name: kind.name, organization: kind.organization, team: kind.team) == kind)
        }
        for (name, organization, team) in [
            ("personal", "acme", nil), ("team", "acme", nil), ("team", nil, "t"), ("organization", nil, nil),
            ("organization", "acme", "t"), ("", nil, nil),
        ] as [(String, String?, String?)] {
            #expect(TokenKind(name: name, organization: organization, team: team) == nil)
        }
    }

    @Test func `a name fits the API's 40 characters`() {
        let nonce = String(repeating: "A", count: 22)
        #expect(team.tokenName(nonce: nonce) == "pt-" + nonce)
        #expect((organization.tokenName(nonce: nonce) ?? "").count <= 40)
        #expect(TokenKind.personal.tokenName(nonce: nonce) == nil)
    }

    @Test(
        arguments: [
            ("{}", OrganizationMetadata()),
            (#"{"maxAccessTokenExpiryDays":null}"#, OrganizationMetadata()),
            (#"{"maxAccessTokenExpiryDays":0}"#, OrganizationMetadata()),
            (#"{"maxAccessTokenExpiryDays":9223372036854775807}"#, OrganizationMetadata(longestTokenDays: 3650)),
            (
                #"{"maxAccessTokenExpiryDays":14,"product":"team-pro","features":{"machineTokensEnabled":true,"teamsEnabled":false}}"#,
                OrganizationMetadata(
                    longestTokenDays: 14,
                    hasOrganizationTokens: true,
                    hasTeams: false,
                    product: "team-pro"
                )
            ),
        ]
    )
    func `an organization says what it allows`(body: String, metadata: OrganizationMetadata) throws {
        let scene = try Scene("GET https://api.pulumi.com/api/orgs/acme/metadata", .reply(200, body))
        #expect(try scene.cloud.metadata(of: "acme") == metadata)
        #expect(scene.transport.finish() == [])
    }
}

@Suite struct TokenRefusalTests {
    private static let now: Int64 = 1_800_000_000
    private static let capped = OrganizationMetadata(longestTokenDays: 14)

    @Test(
        arguments: [
            (403, team, .mint, nil, TokenRefusal.missingRight("team:create_token")),
            (403, team, .list, nil, .missingRight("team:list_tokens")),
            (403, team, .revoke, nil, .missingRight("team:delete_token")),
            (403, organization, .mint, nil, .missingRight("org_token:create")),
            (403, organization, .list, nil, .missingRight("org_token:read")),
            (403, organization, .revoke, nil, .missingRight("org_token:delete")),
            (402, organization, .mint, nil, .edition("Essentials")),
            (403, organization, .mint, OrganizationMetadata(hasOrganizationTokens: false), .edition("Essentials")),
            (404, team, .mint, OrganizationMetadata(hasTeams: false), .edition("Pro")),
            (403, team, .mint, OrganizationMetadata(hasOrganizationTokens: false), .missingRight("team:create_token")),
            (409, team, .mint, capped, .nameTaken),
            (400, team, .mint, capped, .beyondCap(days: 14)),
            (403, organization, .mint, capped, .beyondCap(days: 14)),
            (400, team, .mint, nil, nil),
            (404, team, .mint, nil, .unknownPlace),
            (404, team, .revoke, nil, nil),
            (401, team, .mint, capped, nil),
            (503, team, .mint, capped, nil),
            (403, .personal, .mint, capped, nil),
        ] as [(Int, TokenKind, TokenKind.Action, OrganizationMetadata?, TokenRefusal?)]
    )
    func `a refusal means what its status and the organization say together`(
        status: Int,
        kind: TokenKind,
        action: TokenKind.Action,
        metadata: OrganizationMetadata?,
        refusal: TokenRefusal?
    ) {
        let error = CloudError.rejected(APIError(status: status))
        let expires = Self.now + 15 * 86400
        #expect(TokenRefusal(error, to: action, kind, expires: expires, at: Self.now, in: metadata) == refusal)
    }

    @Test func `a life within the cap is not what was refused`() {
        let error = CloudError.rejected(APIError(status: 403))
        let expires = Self.now + 14 * 86400
        let refusal = TokenRefusal(error, to: .mint, team, expires: expires, at: Self.now, in: Self.capped)
        #expect(refusal == .missingRight("team:create_token"))
    }

    @Test func `what something in front of the API says is not the API's refusal`() {
        let error = CloudError.rejected(APIError(status: 403, isAPIError: false))
        #expect(TokenRefusal(error, to: .mint, team, at: Self.now) == nil)
    }

    @Test(
        arguments: [
            (
                TokenRefusal.missingRight("team:create_token"), team,
                "the credential lacks the right team:create_token in the organization acme",
                "use a credential whose role has team:create_token"
            ),
            (
                .edition("Essentials"), organization, "the organization acme has no organization tokens",
                "use --kind personal, or Pulumi Cloud's edition Essentials or above"
            ),
            (.nameTaken, team, "the organization acme already had a token with this name", nil),
            (
                .beyondCap(days: 14), team, "the organization acme allows tokens of at most 14 days",
                "set --ttl to 14d or less"
            ),
            (
                .unknownPlace, team, "the organization acme has no team plat form that the credential can see",
                "check --org and --team"
            ),
            (.unknownPlace, organization, "the credential cannot see the organization acme", "check --org"),
        ] as [(TokenRefusal, TokenKind, String, String?)]
    )
    func `a refusal is explained with the way out`(refusal: TokenRefusal, kind: TokenKind, cause: String, hint: String?)
    {
        #expect(refusal.cause(of: kind) == cause)
        #expect(refusal.hint(for: kind) == hint)
    }
}
