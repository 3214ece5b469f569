import CloudEmulator
import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import pulumi_token

/// Which credential may mint which kind of token, and what the refusal of any other is called.
@Suite struct RightsTests {
    private typealias Machine = TestMachine.Machine

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var credential: String
        var options: [String]
        var code: Int32
        /// What standard error holds.
        var sentence: String
        var change: @Sendable (inout Configuration) -> Void = { _ in }
    }

    private static let team = ["--kind", "team", "--org", "acme", "--team", "platform"]
    private static let organization = ["--kind", "organization", "--org", "acme"]
    private static let minter = "minter-" + String(repeating: "m", count: 8)
    private static let admin = "admin-" + String(repeating: "a", count: 8)
    private static let person = "person-" + String(repeating: "p", count: 8)

    private static let rows: [Row] = [
        Row(testDescription: "a person", credential: person, options: [], code: 0, sentence: "minted"),
        Row(testDescription: "a person, for a team", credential: person, options: team, code: 0, sentence: "minted"),
        Row(
            testDescription: "a person, for an organization",
            credential: person,
            options: organization + ["--role", "r-1", "--admin"],
            code: 0,
            sentence: "minted"
        ),
        Row(
            testDescription: "a minter of one team, for a person",
            credential: minter,
            options: [],
            code: 77,
            sentence: "cannot mint a personal token: the credential is a token of"
        ),
        Row(testDescription: "a minter of one team", credential: minter, options: team, code: 0, sentence: "minted"),
        Row(
            testDescription: "the same, for another team",
            credential: minter,
            options: team.dropLast() + ["other"],
            code: 77,
            sentence: "the credential lacks the right team:create_token in the organization acme"
        ),
        Row(
            testDescription: "the same, for its organization",
            credential: minter,
            options: organization,
            code: 77,
            sentence: "the credential lacks the right org_token:create in the organization acme"
        ),
        Row(
            testDescription: "the same, for another organization",
            credential: minter,
            options: ["--kind", "organization", "--org", "other"],
            code: 77,
            sentence: "the credential cannot see the organization other"
        ),
        Row(testDescription: "an administrator", credential: admin, options: team, code: 0, sentence: "minted"),
        Row(
            testDescription: "an administrator, for its organization",
            credential: admin,
            options: organization,
            code: 77,
            sentence: "the credential lacks the right org_token:create in the organization acme"
        ),
        Row(
            testDescription: "a team that does not exist",
            credential: person,
            options: team.dropLast() + ["nobody"],
            code: 77,
            sentence: "the organization acme has no team nobody that the credential can see"
        ) { $0.rights.teams = ["platform"] },
        Row(
            testDescription: "an edition without team tokens",
            credential: person,
            options: team,
            code: 77,
            sentence: "use --kind personal, or Pulumi Cloud's edition Pro or above"
        ) { $0.rights.teamTokens = false },
        Row(
            testDescription: "an edition without organization tokens",
            credential: person,
            options: organization,
            code: 77,
            sentence: "use --kind personal, or Pulumi Cloud's edition Essentials or above"
        ) { $0.rights.organizationTokens = false },
        Row(
            testDescription: "a life beyond the organization's cap",
            credential: person,
            options: team + ["--ttl", "8d"],
            code: 64,
            sentence: "set --ttl to 7d or less"
        ) { $0.rights.longestTokenDays = 7 },
        Row(
            testDescription: "a life within it",
            credential: person,
            options: team + ["--ttl", "7d"],
            code: 0,
            sentence: "minted"
        ) { $0.rights.longestTokenDays = 7 },
    ]

    /// A machine that asks an emulator over a real connection, both at the same time of day.
    private func scene(
        _ credential: String,
        _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> (Machine, CloudEmulator) {
        var configuration = Configuration()
        configuration.plainHTTP = true
        configuration.users = [User(login: "alice", token: Self.person)]
        configuration.machines = [
            .init(name: "minter", token: Self.minter), .init(name: "root", token: Self.admin, isAdmin: true),
        ]
        configuration.rights.grants = [.init(who: "minter", right: "team:*", team: "platform")]
        change(&configuration)
        let cloud = try CloudEmulator(configuration)
        cloud.freezeClock(at: Double(VirtualClock.start))
        let transport = CurlTransport(
            trust: TrustStore(environment: Environment([:]), reader: .patient),
            proxies: ProxySettings(Environment([:])),
            clock: .system,
            interruption: .never(clock: .system)
        )
        let variables = [
            "PULUMI_ACCESS_TOKEN": credential, "PULUMI_TOKEN_SESSION": "job", "PULUMI_TOKEN_CLOUD_URL": cloud.url,
        ]
        return (try Machine(transport, variables: variables), cloud)
    }

    private func run(_ words: [String], on machine: Machine) throws -> Machine.Outcome {
        try machine.run(words) { context in Tool(context: context).run(words) }
    }

    @Test(arguments: rows)
    func `who may mint what, and what a refusal means`(row: Row) throws {
        let (machine, cloud) = try scene(row.credential, row.change)
        defer { cloud.stop() }
        let minted = try run(["mint", "--export", "none", "--reason", "r"] + row.options, on: machine)
        #expect(minted.code == row.code)
        #expect(minted.error.contains(row.sentence), "\(minted.error)")
        #expect(cloud.liveTokens.count == (row.code == 0 ? 1 : 0))
        guard row.code == 0 else { return }
        #expect(try run(["revoke"], on: machine).code == 0)
        #expect(cloud.liveTokens.isEmpty)
    }

    // MARK: The matrix

    /// What a credential may do with tokens of one kind: nil when it may, otherwise what it is told, with 77.
    struct Rights: Sendable {
        var kind: [String]
        var mint: String?
        var list: String?
        var revoke: String?

        init(_ kind: [String], mint: String? = nil, list: String? = nil, revoke: String? = nil) {
            (self.kind, self.mint, self.list, self.revoke) = (kind, mint, list, revoke)
        }
    }

    struct Holder: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the organization grants; nothing for a person, who may do everything.
        var grants: [String] = []
        var isAdmin = false
        var isPerson = false
        var rights: [Rights]
    }

    private static let onlyAPerson = "cannot mint a personal token: the credential is a token of"

    private static func lacks(_ right: String) -> String {
        "the credential lacks the right \(right) in the organization acme"
    }

    private static func teamWithout(mint: Bool = true, list: Bool = true, revoke: Bool = true) -> Rights {
        Rights(
            team,
            mint: mint ? nil : lacks("team:create_token"),
            list: list ? nil : lacks("team:list_tokens"),
            // What is to be revoked is looked for first.
            revoke: !list ? lacks("team:list_tokens") : revoke ? nil : lacks("team:delete_token")
        )
    }

    private static func organizationWithout(mint: Bool = true, list: Bool = true, revoke: Bool = true) -> Rights {
        Rights(
            organization,
            mint: mint ? nil : lacks("org_token:create"),
            list: list ? nil : lacks("org_token:read"),
            revoke: !list ? lacks("org_token:read") : revoke ? nil : lacks("org_token:delete")
        )
    }

    private static let holders: [Holder] = [
        Holder(testDescription: "a person", isPerson: true, rights: [Rights([]), Rights(team), Rights(organization)]),
        Holder(
            testDescription: "a minter of one team",
            grants: ["team:create_token", "team:list_tokens", "team:delete_token"],
            rights: [
                Rights([], mint: onlyAPerson), teamWithout(),
                organizationWithout(mint: false, list: false, revoke: false),
            ]
        ),
        Holder(
            testDescription: "one that may create for a team and see nothing",
            grants: ["team:create_token"],
            rights: [teamWithout(list: false), organizationWithout(mint: false, list: false)]
        ),
        Holder(
            testDescription: "one that may create and list for a team",
            grants: ["team:create_token", "team:list_tokens"],
            rights: [teamWithout(revoke: false)]
        ),
        Holder(
            testDescription: "a minter of the organization",
            grants: ["org_token:create", "org_token:read", "org_token:delete"],
            rights: [Rights([], mint: onlyAPerson), teamWithout(mint: false, list: false), organizationWithout()]
        ),
        Holder(
            testDescription: "one that only looks",
            grants: ["org_token:read", "team:list_tokens"],
            rights: [teamWithout(mint: false, revoke: false), organizationWithout(mint: false, revoke: false)]
        ),
        Holder(
            testDescription: "an administrator's token",
            isAdmin: true,
            rights: [
                Rights([], mint: onlyAPerson), teamWithout(), organizationWithout(mint: false, revoke: false),
            ]
        ),
        Holder(
            testDescription: "a token without any right",
            rights: [
                Rights([], mint: onlyAPerson), teamWithout(mint: false, list: false),
                organizationWithout(mint: false, list: false),
            ]
        ),
    ]

    @Test(arguments: holders)
    func `each credential is told for each kind what it may not do, and which right that needs`(
        holder: Holder
    ) throws {
        for rights in holder.rights {
            let (machine, cloud) = try scene(holder.isPerson ? Self.person : Self.minter) { configuration in
                configuration.machines = [.init(name: "minter", token: Self.minter, isAdmin: holder.isAdmin)]
                configuration.rights.grants = holder.grants.map { .init(who: "minter", right: $0, team: "*") }
            }
            defer { cloud.stop() }
            let seed = Seed(
                description: "somebody's",
                organization: rights.kind.isEmpty ? "" : "acme",
                team: rights.kind.contains("team") ? "platform" : ""
            )
            let id = try #require(cloud.plant(seed).first)
            // A robot has no tokens of a user that it could see.
            let seesTokens = !rights.kind.isEmpty || holder.isPerson
            let commands = [
                (["list", "--all"], rights.list), (["revoke", id], rights.revoke),
                (["mint", "--export", "none"], rights.mint),
            ]
            for (words, refusal) in commands where seesTokens || words[0] == "mint" {
                let outcome = try run(words + rights.kind, on: machine)
                #expect(outcome.code == (refusal == nil ? 0 : 77), "\(words): \(outcome.error)")
                #expect(outcome.error.contains(refusal ?? ""), "\(words): \(outcome.error)")
                if let right = refusal?.firstMatch(of: #/the right ([a-z_]+:[a-z_]+)/#) {
                    #expect(outcome.error.contains("use a credential whose role has \(right.1)"), "\(outcome.error)")
                }
            }
            let isLeft = !seesTokens || rights.revoke != nil
            #expect(cloud.liveTokens.count == (rights.mint == nil ? 1 : 0) + (isLeft ? 1 : 0), "\(rights.kind)")
        }
    }

    @Test(arguments: [[], team, organization])
    func `a credential that Pulumi Cloud does not know is rejected for every kind`(kind: [String]) throws {
        let (machine, cloud) = try scene("unknown-" + String(repeating: "u", count: 8))
        defer { cloud.stop() }
        for words in [["mint", "--export", "none"], ["list"], ["revoke", "t-1"], ["sweep", "--older-than", "1d"]] {
            let outcome = try run(words + kind, on: machine)
            #expect(outcome.code == 77 && outcome.error.contains("rejected the credential"), "\(outcome.error)")
        }
    }

    @Test func `a life beyond the cap is refused by --verify before anything is minted, and by doctor`() throws {
        let (machine, cloud) = try scene(Self.person) { $0.rights.longestTokenDays = 7 }
        defer { cloud.stop() }
        let words = Self.team + ["--ttl", "8d"]
        let verified = try run(["mint", "--export", "none", "--verify"] + words, on: machine)
        #expect(verified.code == 64 && verified.error.contains("allows tokens of at most 7 days"))
        #expect(!cloud.requests.contains { $0.method == "POST" })
        let doctor = try run(["doctor"] + words, on: machine)
        #expect(doctor.code == 64 && doctor.output.contains("set --ttl to 7d or less"))
        let healthy = try run(["doctor"] + Self.team, on: machine)
        #expect(healthy.output.contains("acme, which allows tokens of at most 7 days"))
    }

    @Test func `doctor names the right that listing needs`() throws {
        let (machine, cloud) = try scene(Self.minter) {
            $0.rights.grants = [.init(who: "minter", right: "team:create_token", team: "platform")]
        }
        defer { cloud.stop() }
        let doctor = try run(["doctor"] + Self.team, on: machine)
        #expect(doctor.output.contains("use a credential whose role has team:list_tokens"))
    }

    // MARK: OIDC

    private func identity(_ machine: Machine, _ cloud: CloudEmulator, _ type: String) throws -> [String] {
        machine.variables["PULUMI_ACCESS_TOKEN"] = nil
        machine.variables["ID_TOKEN"] = try cloud.identityToken(
            IdentityTokenRequest(audience: "urn:pulumi:org:acme", lifetime: 3600)
        )
        let team = type == "team" ? ["--oidc-team", "platform"] : []
        return ["mint", "--oidc-org", "acme", "--oidc-type", type, "--oidc-token-env", "ID_TOKEN"] + team
    }

    @Test(arguments: ["team", "organization"])
    func `an exchanged token mints one of its own kind, which can be revoked`(type: String) throws {
        let (machine, cloud) = try scene(Self.person) {
            $0.rights.grants = [.init(who: type == "team" ? "acme/platform" : "acme", right: "*")]
        }
        defer { cloud.stop() }
        let words = try identity(machine, cloud, type)
        let minted = try run(words + ["--export", "json"], on: machine)
        #expect(minted.code == 0, "\(minted.error)")
        #expect(minted.output.contains(#""revocable":true,"kind":"\#(type)""#))
        #expect(try run(["revoke"] + words.dropFirst(), on: machine).code == 0)
        #expect(cloud.liveTokens.isEmpty)
    }

    @Test(arguments: ["team", "organization"])
    func `where it may not mint, it is used itself, and a warning says so`(type: String) throws {
        let (machine, cloud) = try scene(Self.person)
        defer { cloud.stop() }
        let words = try identity(machine, cloud, type)
        let minted = try run(words + ["--export", "json"], on: machine)
        #expect(minted.code == 0, "\(minted.error)")
        #expect(minted.output.contains(#""revocable":false,"kind":"\#(type)""#))
        #expect(minted.error.contains("the exchanged token is not allowed to mint"))
        #expect(minted.error.contains("this exchanged token cannot be revoked"))
    }

    @Test func `the cap of the organization that --oidc-org names is asked for`() throws {
        let (machine, cloud) = try scene(Self.person) {
            $0.rights.longestTokenDays = 7
            $0.rights.grants = [.init(who: "acme", right: "*")]
        }
        defer { cloud.stop() }
        let words = try identity(machine, cloud, "organization") + ["--ttl", "8d"]
        let refused = try run(words + ["--export", "none", "--oidc-use", "mint"], on: machine)
        #expect(refused.code == 64 && refused.error.contains("set --ttl to 7d or less"), "\(refused.error)")
        // For a personal token, too, before anything is minted.
        let personal = [
            "--oidc-org", "acme", "--oidc-type", "personal", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN",
            "--ttl", "8d",
        ]
        let verified = try run(["mint", "--export", "none", "--verify"] + personal, on: machine)
        #expect(verified.code == 64 && verified.error.contains("allows tokens of at most 7 days"), "\(verified.error)")
        let doctor = try run(["doctor"] + personal, on: machine)
        #expect(doctor.code == 64 && doctor.output.contains("set --ttl to 7d or less"), "\(doctor.output)")
        #expect(
            cloud.liveTokens.isEmpty
                && !cloud.requests.contains { $0.method == "POST" && $0.path == "/api/user/tokens" }
        )
    }

    @Test func `the recipe of the minter for one team is enough, and for nothing else`() throws {
        let page = try Repository.text("docs/least-privilege.md")
        let recipe = page.split(separator: "\n## ").first { $0.hasPrefix("A minter for one team") } ?? ""
        let rights = recipe.split(separator: "\n").filter { $0.hasPrefix("| `team:") }
            .compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(rights.count == 3)
        let (machine, cloud) = try scene(Self.minter) { configuration in
            configuration.rights.grants = rights.map { .init(who: "minter", right: $0, team: "platform") }
        }
        defer { cloud.stop() }
        for words in [
            ["doctor"], ["mint", "--export", "none"], ["list"], ["revoke"], ["mint", "--export", "none"],
            ["sweep", "--run"], ["revoke"],
        ] { #expect(try run(words + Self.team, on: machine).code == 0, "\(words)") }
        #expect(cloud.liveTokens.isEmpty)
        for other in [[], Self.organization, Self.team.dropLast() + ["other"]] {
            #expect(try run(["mint", "--export", "none"] + other, on: machine).code == 77)
        }
        for right in ["org_token:create", "org_token:read", "org_token:delete"] {
            #expect(recipe.contains("`\(right)`"))
        }
    }

    @Test func `an exchanged token of another kind than was asked for is never used instead`() throws {
        let (machine, cloud) = try scene(Self.person)
        defer { cloud.stop() }
        let words = try identity(machine, cloud, "organization")
        let minted = try run(words + ["--export", "json", "--kind", "team", "--team", "platform"], on: machine)
        #expect(minted.code == 77)
        #expect(minted.output == "")
    }
}
