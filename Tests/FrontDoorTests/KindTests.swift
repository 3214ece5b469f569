import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing
import TokenLifecycle

@testable import pulumi_token

/// Tokens of teams and organizations, through whole commands in process.
@Suite struct KindTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        var options: [String]
        var path: String
        var members: String

        var testDescription: String { name }
    }

    private static let personal = Kind(
        name: "personal",
        options: [],
        path: "/api/user/tokens",
        members: #""kind":"personal""#
    )
    private static let team = Kind(
        name: "team",
        options: ["--kind", "team", "--org", "acme", "--team", "platform"],
        path: "/api/orgs/acme/teams/platform/tokens",
        members: #""kind":"team","organization":"acme","team":"platform""#
    )
    private static let organization = Kind(
        name: "organization",
        options: ["--kind", "organization", "--org", "acme"],
        path: "/api/orgs/acme/tokens",
        members: #""kind":"organization","organization":"acme""#
    )
    private static let kinds = [personal, team, organization]

    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud(variables: ["PULUMI_TOKEN_SESSION": "job 1"])
    }

    private func run(_ words: [String]) throws -> Machine.Outcome {
        try machine.run(words) { context in Tool(context: context).run(words) }
    }

    /// Method and resource of each request.
    private var requests: [String] { cloud.requests.map { String($0.prefix { $0 != "?" }) } }

    @Test(arguments: kinds)
    func `a token is minted, listed and revoked where its kind is, and revoke needs no option for it`(
        kind: Kind
    ) throws {
        let minted = try run(["mint", "--export", "json"] + kind.options)
        #expect(minted.code == 0)
        #expect(minted.output.contains(kind.members))
        #expect(cloud.tokens.map(\.place) == [kind.path])
        #expect(cloud.tokens[0].description.contains("[pulumi-token:"))
        let listed = try run(["list", "--json"] + kind.options)
        #expect(listed.output.contains(#""id":"t-1""#) && listed.output.contains(kind.members))
        #expect(try run(["revoke"]).code == 0)
        #expect(cloud.tokens.isEmpty)
        #expect(
            requests == ["POST \(kind.path)", "GET \(kind.path)", "GET \(kind.path)", "DELETE \(kind.path)/t-1"]
        )
        #expect(machine.files(below: "home").isEmpty)
    }

    @Test(arguments: kinds)
    func `the action mints a token of its kind, says so, and its post step needs no input for it`(kind: Kind) throws {
        let job = try ActionJob()
        for (option, value) in zip(kind.options, kind.options.dropFirst()) where option.hasPrefix("--") {
            job.inputs[String(option.dropFirst(2))] = value
        }
        #expect(try job.main().code == 0)
        #expect(job.outputs["kind"] == kind.name && job.cloud.tokens.map(\.place) == [kind.path])
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == "value-1")
        for name in ["kind", "org", "team"] { job.inputs[name] = nil }
        #expect(try job.post().code == 0)
        #expect(job.cloud.tokens.isEmpty)
        let requests = job.cloud.requests.map { String($0.prefix { $0 != "?" }) }
        #expect(requests == ["POST \(kind.path)", "DELETE \(kind.path)/t-1"])
    }

    @Test(arguments: kinds)
    func `what could not be revoked is found by a sweep of its kind, and by the next one on the machine`(
        kind: Kind
    ) throws {
        _ = try run(["mint", "--export", "none"] + kind.options)
        try machine.kill()
        let swept = try run(["sweep", "--json"])
        #expect(swept.code == 0 && swept.output.contains(kind.members) && cloud.tokens.isEmpty, "\(swept)")
    }

    @Test func `a name is made of the nonce in the tag, which no two tokens share`() throws {
        _ = try run(["mint", "--export", "none"] + Self.team.options)
        _ = try run(["mint", "--export", "none"] + Self.team.options)
        let names = cloud.tokens.map(\.name)
        #expect(Set(names).count == 2)
        for token in cloud.tokens {
            #expect(token.name.utf8.count <= 40)
            #expect(token.description.contains("[pulumi-token:\(token.name.dropFirst(3)):"))
        }
    }

    @Test(arguments: [team, organization])
    func `the reason is the address of the run, unless the user has another`(kind: Kind) throws {
        machine.variables.merge([
            "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
            "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com", "RUNNER_NAME": "r",
        ]) { $1 }
        _ = try run(["mint", "--export", "none"] + kind.options)
        _ = try run(["mint", "--export", "none", "--reason", "a release"] + kind.options)
        _ = try run(["revoke"])
        let reasons = cloud.requests.filter { !$0.hasPrefix("GET") }.map { $0.split(separator: "?reason=").dropFirst() }
        let address = "https%3A%2F%2Fgithub.com%2Facme%2Fapp%2Factions%2Fruns%2F77%2Fattempts%2F1"
        let deletion: [Substring] = kind.name == "team" ? [address[...]] : []
        #expect(reasons.map { Array($0) } == [[address[...]], ["a%20release"], deletion, deletion])
    }

    @Test(arguments: kinds)
    func `what a lost reply left is found in its kind's list and revoked`(kind: Kind) throws {
        cloud.answer("POST", acting: true, with: .lost(.timeout, arrived: true))
        #expect(try run(["mint", "--export", "none"] + kind.options).code == 0)
        #expect(cloud.tokens.map(\.id) == ["t-2"])
        #expect(requests.allSatisfy { $0.contains(kind.path) })
    }

    @Test func `a name that is taken was taken by the same request, whose token is found, and another nonce minted`()
        throws
    {
        cloud.answer("POST", acting: true, with: .reply(409, #"{"code":409,"message":"token name already exists"}"#))
        #expect(try run(["mint", "--export", "none"] + Self.team.options).code == 0)
        #expect(cloud.tokens.map(\.id) == ["t-2"])
    }

    @Test(arguments: kinds)
    func `a sweep by run or by age revokes tokens of its kind and no others`(kind: Kind) throws {
        let tag = " [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"
        for place in Self.kinds.map(\.path) { cloud.plant(description: "old" + tag, age: 7200, in: place) }
        let swept = try run(["sweep", "--older-than", "1h", "--json"] + kind.options)
        #expect(swept.code == 0)
        #expect(swept.output.contains(kind.members) && swept.output.contains(#""outcome":"revoked""#))
        #expect(Set(cloud.tokens.map(\.place)) == Set(Self.kinds.map(\.path)).subtracting([kind.path]))
    }

    @Test(arguments: kinds)
    func `a token is revoked by its ID where the options say, and where a record knows it without them`(
        kind: Kind
    ) throws {
        _ = try run(["mint", "--export", "none"] + kind.options)
        #expect(try run(["revoke", "t-1"]).code == 0)
        #expect(cloud.tokens.isEmpty)
        cloud.plant(description: "old", in: kind.path)
        #expect(try run(["revoke", "t-2"] + kind.options).code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test(arguments: kinds)
    func `what a dead process left is revoked in its kind by the next mint of any kind`(kind: Kind) throws {
        machine.process.pid = .max
        machine.process.startTime = 1
        cloud.answer("POST", acting: true, with: .lost(.timeout, arrived: true))
        // Neither the look for the token nor the undoing gets a list.
        for _ in 0..<6 { cloud.answer("GET", with: .reply(500, #"{"code":500}"#)) }
        _ = try run(["mint", "--export", "none", "--deadline", "1s"] + kind.options)
        let before = cloud.tokens.count
        machine.process = .current()
        machine.time.advance(by: .seconds(60))
        #expect(try run(["mint", "--export", "none"]).code == 0)
        #expect(before >= 1 && cloud.tokens.count == 1)
    }

    @Test(
        arguments: [
            (["--org", "acme"], "--org needs --kind"),
            (["--admin"], "--admin needs --kind"),
            (["--kind", "team"], "--kind team needs an organization"),
            (["--kind", "team", "--org", "acme"], "--kind team needs a team"),
            (
                ["--kind", "team", "--org", "acme", "--team", "p", "--role", "r"],
                "--role and --kind team cannot be combined"
            ),
            (["--kind", "organization"], "--kind organization needs an organization"),
            (
                ["--kind", "organization", "--org", "acme", "--team", "p"],
                "--team and --kind organization cannot be combined"
            ),
            (["--kind", "personal", "--org", "acme"], "--org and --kind personal cannot be combined"),
            (["--kind", "robot"], "invalid value for --kind: 'robot'"),
            (["--kind", "organization", "--org", "a/b"], "invalid value for --org: 'a/b' is not a name"),
        ] as [([String], String)]
    )
    func `options that do not go together are a usage error before anything is sent`(
        words: [String],
        message: String
    ) throws {
        for command in [["mint", "--export", "none"], ["list"], ["sweep", "--older-than", "1d"], ["revoke", "t-1"]] {
            guard command[0] == "mint" || !words.contains("--admin") && !words.contains("--role") else { continue }
            let outcome = try run(command + words)
            #expect(outcome.code == 64)
            #expect(outcome.error.contains("pulumi-token: error: " + message))
        }
        #expect(cloud.requests.isEmpty)
    }

    @Test(arguments: ["kind", "organization", "team"])
    func `a record that tells of no possible kind revokes nothing`(member: String) throws {
        _ = try run(["mint", "--export", "none"] + Self.team.options)
        let record = try #require(machine.files(below: "home").first { $0.hasSuffix(".json") })
        let name = String(record.dropFirst(machine.disk.path.count + 1))
        let text = try #require(machine.disk.text(name))
        try machine.disk.write(text.replacing("\"\(member)\":", with: "\"\(member)x\":"), to: name)
        let before = cloud.requests.count
        #expect(try run(["revoke"]).code == 65)
        #expect(cloud.requests.count == before && cloud.tokens.count == 1)
    }

    // MARK: How long

    @Test func `a ceiling in a variable bounds what is asked for, and cuts what is not`() throws {
        machine.variables["PULUMI_TOKEN_MAX_TTL"] = "30m"
        let beyond = try run(["mint", "--export", "none", "--ttl", "31m"])
        #expect(beyond.code == 64)
        #expect(beyond.error.contains("invalid value for --ttl: '31m' is more than PULUMI_TOKEN_MAX_TTL allows (30m)"))
        #expect(beyond.error.contains("set --ttl to 30m or less"))
        let absolute = try run(["mint", "--export", "none", "--expires", "\(VirtualClock.start + 1801)"])
        #expect(absolute.code == 64)
        #expect(absolute.error.contains("hint: set it to an earlier time\n"), "\(absolute.error)")
        #expect(cloud.requests.isEmpty)
        #expect(try run(["mint", "--export", "none"]).code == 0)
        #expect(cloud.tokens.map(\.expires) == [VirtualClock.start + 1800])
        machine.variables["PULUMI_TOKEN_MAX_TTL"] = "soon"
        #expect(try run(["mint", "--export", "none"]).code == 64)
    }
}
