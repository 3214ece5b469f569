import CISystems
import CloudEmulator
import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import Testing

/// The whole way, over a real connection and with identity tokens that are really signed and checked.
@Suite struct ExchangeOverHTTPTests {
    private let cloud: CloudEmulator

    init() throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        configuration.exchange.rejectsReusedTokens = true
        cloud = try CloudEmulator(configuration)
    }

    private func open(
        _ environment: [String: String],
        organization: String = "acme",
        _ change: (inout OIDCOptions) -> Void = { _ in }
    ) throws -> CloudAccess {
        let environment = Environment(environment)
        var options = CredentialOptions()
        options.oidc.organization = NamedText(organization, place: "--oidc-org")
        options.oidc.user = NamedText("alice", place: "--oidc-user")
        change(&options.oidc)
        let budget = TimeBudget(.seconds(30), clock: .system, interruption: .never(clock: .system))
        let transport = CurlTransport(
            trust: TrustStore(environment: environment, reader: .patient),
            proxies: ProxySettings(Environment([:])),
            clock: .system,
            interruption: .never(clock: .system)
        )
        return try CloudAccess.open(
            CloudConnection(
                url: try CloudURL(cloud.url),
                transport: transport,
                timeout: .seconds(30),
                budget: budget,
                userAgent: "pulumi-token/test",
                warn: { _ in }
            ),
            with: try CredentialSource.choose(
                options,
                environment: environment,
                system: .detect(in: environment),
                reader: .patient,
                login: { () throws(CredentialError) in nil }
            ),
            expiration: 180,
            environment: environment,
            retrying: Retrying(budget: budget, random: .fixed(0), trace: { _ in }),
            mask: { _ in }
        )
    }

    private var gitHub: [String: String] {
        [
            "GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": cloud.identityRequestURL,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": cloud.identityRequestToken,
        ]
    }

    @Test func `a job on GitHub gets an access token, each time with a new identity`() throws {
        defer { cloud.stop() }
        let access = try open(gitHub)
        #expect(access.exchanged?.expiresIn == 180)
        #expect(try access.cloud.currentUser().login == "alice")
        #expect(try access.exchangeAgain(expiration: 3600).expiresIn == 3600)
        #expect(
            cloud.requests.map(\.path) == [
                "/oidc/github", "/api/oauth/token", "/api/user", "/oidc/github", "/api/oauth/token",
            ]
        )
        #expect(cloud.report.connections == 1)
    }

    @Test func `a job on GitLab exchanges the token of a variable`() throws {
        defer { cloud.stop() }
        let token = try cloud.identityToken(IdentityTokenRequest(audience: "urn:pulumi:org:acme"))
        let access = try open(["GITLAB_CI": "true", "ID_TOKEN": token]) {
            $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        }
        #expect(try access.cloud.currentUser().login == "alice")
    }

    @Test func `a refusal names what is wrong with the token`() throws {
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let token = try cloud.identityToken(IdentityTokenRequest(audience: "urn:pulumi:org:other", lifetime: -40))
        #expect(
            throws: Explanation(
                .notAllowed,
                "cannot exchange the identity token: invalid_grant: the subject token has expired; its audience is "
                    + "urn:pulumi:org:other, Pulumi expects urn:pulumi:org:acme; it expired 40 seconds ago",
                hint: "check the OIDC issuers and their policies in the settings of the organization acme"
            )
        ) {
            try open(["ID_TOKEN": token]) { $0.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env") }
        }
    }

    @Test func `a denial by policy shows whom the token belongs to`() throws {
        defer { cloud.stop() }
        cloud.configure { $0.exchange.policies = [] }
        #expect(
            throws: Explanation(
                .notAllowed,
                "cannot exchange the identity token: invalid_grant: no authorization policy allows this token; it has "
                    + "the issuer https://token.actions.githubusercontent.com and the subject "
                    + "repo:acme/app:ref:refs/heads/main",
                hint: "check the OIDC issuers and their policies in the settings of the organization acme"
            )
        ) { try open(gitHub) }
    }

    @Test func `a robot's token that is to mint is recognised`() throws {
        defer { cloud.stop() }
        let access = try open(gitHub) {
            $0.type = "team"
            $0.team = NamedText("ops", place: "--oidc-team")
        }
        do throws(CloudError) {
            _ = try access.cloud.createToken(description: "one", expires: 1_900_000_000, reason: nil)
            Issue.record("a robot has minted")
        } catch {
            #expect(
                access.explainMint(error).message
                    == "cannot mint a personal token: the credential is a token of the team ops"
            )
        }
    }
}
