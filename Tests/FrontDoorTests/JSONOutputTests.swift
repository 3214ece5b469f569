import HTTPTransport
import JSONSchema
import StubTransport
import TestBench
import TestMachine
import Testing
import TokenLifecycle

@testable import pulumi_token

/// What programs read, as docs/reference.md shows it.
@Suite struct JSONOutputTests {
    private static let tag = " [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"
    private static let team = ["--kind", "team", "--org", "acme", "--team", "platform"]
    private static let refusal = StubTransport.Reply.reply(403, #"{"code":403,"message":"no"}"#)

    private let machine: TestMachine.Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try TestMachine.Machine.withCloud(variables: [
            "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
            "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com", "RUNNER_NAME": "r",
            "GITHUB_ACTOR": "alice", "GITHUB_SHA": "c0ffee",
        ])
    }

    private func run(_ words: String..., code: Int32 = 0) throws -> String {
        let outcome = try machine.run(words, adding: [:])
        #expect(outcome.code == code, "\(outcome.error)")
        return outcome.output
    }

    private func check(_ output: String, _ heading: String, schema: String? = nil) throws {
        let documented = try DocumentedOutput(heading, schema: schema ?? heading)
        #expect(try documented.problems(of: output) == [])
    }

    @Test func `mint prints what its example shows`() throws {
        let minted = try machine.run(["mint", "--export", "json"] + Self.team, adding: ["GITHUB_ACTIONS": ""])
        try check(minted.output, "mint")
    }

    @Test func `revoke prints what its example shows`() throws {
        _ = try run("mint", "--export", "none")
        _ = try run("mint", "--export", "none")
        cloud.answer("DELETE", with: Self.refusal)
        try check(try run("revoke", "--json", code: 77), "revoke")
    }

    @Test func `list prints what its example shows`() throws {
        cloud.plant(description: "old" + Self.tag, lastUsed: 1_799_999_999, in: "/api/orgs/acme/teams/platform/tokens")
        try check(try machine.run(["list", "--json"] + Self.team, adding: [:]).output, "list")
    }

    @Test func `sweep prints what its example shows`() throws {
        cloud.plant(description: "old" + Self.tag, lastUsed: 1_799_000_000)
        cloud.answer("DELETE", with: Self.refusal)
        try check(try run("sweep", "--older-than", "1h", "--json", code: 69), "sweep")
    }

    @Test func `doctor prints what its example shows`() throws {
        cloud.answer("GET", with: .reply(401, #"{"code":401,"message":"Unauthorized"}"#))
        try check(try run("doctor", "--json", "--export", "none", code: 77), "doctor")
    }

    @Test func `events are what their example shows`() throws {
        _ = try run("mint", "--export", "none", "--events", "events.jsonl")
        let line = try #require(machine.disk.text("events.jsonl")?.split(separator: "\n").first)
        try check(String(line), "events", schema: "event")
    }

    @Test func `a summary prints what its example shows`() throws {
        let events = machine.disk.file("events.jsonl")
        _ = try run("mint", "--export", "none", "--events", events)
        _ = try run("revoke", "--events", events)
        try machine.disk.write((machine.disk.text("events.jsonl") ?? "") + "half\n", to: "events.jsonl")
        try check(try run("events", "summary", "--json", events, code: 65), "events summary", schema: "summary")
    }

    // MARK: What became of tokens

    /// The outcomes of the rows, in their order; each output is as its schema says.
    private func outcomes(_ output: String) throws -> [String] {
        #expect(try DocumentedOutput("revoke", schema: "revoke").violations(in: output) == [], "\(output)")
        return output.matches(of: #/"outcome":"([a-z-]+)"/#).map { String($0.1) }
    }

    @Test func `revoke tells of each token what became of it`() throws {
        #expect(try run("revoke", "--json") == #"{"version":1,"tokens":[]}"# + "\n")
        _ = try run("mint", "--export", "none", "--ttl", "60s")
        machine.time.advance(by: .seconds(100_000))
        #expect(try outcomes(try run("revoke", "--json")) == ["expired"])
        cloud.plant(description: "by hand")
        #expect(try outcomes(try run("revoke", "--json", "t-2", "t-99", code: 1)) == ["unknown", "revoked"])
        _ = try run("mint", "--export", "none")
        cloud.answer("DELETE", acting: true, with: .reply(404, #"{"code":404,"message":"token not found"}"#))
        #expect(try outcomes(try run("revoke", "--json")) == ["gone"])
    }

    @Test func `without a credential, what might be valid is told`() throws {
        _ = try machine.run(["mint", "--export", "none", "--no-isolate"], adding: [:])
        let revoke = try machine.run(["revoke", "--json"], adding: ["PULUMI_ACCESS_TOKEN": ""])
        #expect(revoke.code == 77)
        #expect(try outcomes(revoke.output) == ["failed"])
    }

    @Test func `revoke cannot print both JSON and a script`() throws {
        let outcome = try machine.run(["revoke", "--json", "--export", "shell"], adding: [:])
        #expect(outcome.code == 64 && outcome.error.contains("--json and --export both write to standard output"))
        #expect(cloud.requests.isEmpty)
    }

    @Test func `the table of outcomes has all of them`() throws {
        let page = try Repository.text("docs/reference.md")
        let names = RevocationRows.Outcome.allCases.map(\.rawValue) + Sweep.Outcome.allCases.map(\.rawValue)
        for name in names { #expect(page.contains("| `\(name)` | ")) }
    }
}
