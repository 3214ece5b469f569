import CloudEmulator
import Glibc
import HTTPTransport
import HostSystem
import JSONSchema
import Redaction
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing

/// `--events`: what the trail tells of each token.
@Suite struct EventTests {
    private static let gitHub = [
        "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_JOB": "deploy", "RUNNER_NAME": "r", "GITHUB_ACTOR": "alice",
        "GITHUB_SHA": "c0ffee",
    ]

    private let machine: TestMachine.Machine
    private let cloud: InMemoryCloud
    private let schema: JSONSchema

    init() throws {
        (machine, cloud) = try TestMachine.Machine.withCloud(variables: ["PULUMI_TOKEN_EVENTS": "events.jsonl"])
        schema = try JSONSchema(file: "docs/schemas/event.schema.json")
    }

    private func run(_ words: String..., adding changes: [String: String] = [:]) throws -> TestMachine.Machine.Outcome {
        try machine.run(words, adding: changes)
    }

    /// All events so far, each as its schema says and without a secret.
    private func events() throws -> [JSONValue] {
        let text = machine.disk.text("events.jsonl") ?? ""
        let secrets = ["parent-credential"] + (1...20).map { "value-\($0)\"" }
        for secret in secrets { #expect(!text.contains(secret)) }
        return try text.split(separator: "\n").map { line in
            let problems = try schema.problems(of: line)
            #expect(problems == [], "\(line)")
            return try JSONValue(text: Array(line.utf8))
        }
    }

    private func names() throws -> [String] {
        try events().map { [$0["event"]?.text, $0["id"]?.text].compactMap(\.self).joined(separator: " ") }
    }

    @Test func `a mint and its revocation are told with all that an audit asks for`() throws {
        var job = Self.gitHub
        job["PULUMI_TOKEN_DESCRIPTION"] = "a deployment"
        _ = try run("mint", "--export", "none", adding: job)
        machine.time.advance(by: .seconds(5))
        _ = try run("revoke", adding: job)
        #expect(try names() == ["minted t-1", "exported t-1", "revoked t-1"])
        for event in try events() {
            #expect(event["kind"]?.text == "personal" && event["system"]?.text == "github")
            #expect(event["repository"]?.text == "acme/app" && event["actor"]?.text == "alice")
            #expect(event["runURL"]?.text == "https://github.com/acme/app/actions/runs/77/attempts/1")
            #expect(event["commit"]?.text == "c0ffee" && event["credential"]?.text == "stored")
            #expect(event["description"]?.text?.hasPrefix("a deployment") == true)
            #expect(event["expires"]?.wholeNumber == machine.time.clock.unixTime() - 5 + 21600)
            #expect(event["session"]?.text?.contains("acme") == true && event["exitCode"]?.wholeNumber == 0)
            #expect(event["durationMs"]?.wholeNumber != nil)
        }
    }

    @Test func `the file is appended to, and only its owner can read one that is new`() throws {
        _ = try run("mint", "--export", "none", "--session", "a")
        #expect(machine.disk.permissions("events.jsonl") == 0o600)
        try machine.disk.write("{\"half\"", to: "events.jsonl")
        _ = try run("revoke", "--session", "a")
        let lines = (machine.disk.text("events.jsonl") ?? "").split(separator: "\n")
        // What somebody left half-written stays a line of its own.
        #expect(lines.first == "{\"half\"" && lines.count == 2)
    }

    @Test func `the action tells by its input, in both steps`() throws {
        let job = try ActionJob()
        let path = job.machine.disk.file("events.jsonl")
        job.inputs["events"] = path
        #expect(try job.main().code == 0 && job.post().code == 0)
        let lines = (job.machine.disk.text("events.jsonl") ?? "").split(separator: "\n")
        for line in lines { #expect(try schema.problems(of: line) == []) }
        let names = try lines.map { try JSONValue(text: Array($0.utf8))["event"]?.text }
        #expect(names == ["minted", "exported", "revoked"])
    }

    @Test(arguments: [["mint"], ["revoke"], ["sweep"], ["exec", "true"]])
    func `standard output is no place for events`(words: [String]) throws {
        let command = try machine.run([words[0], "--events", "-"] + words.dropFirst(), adding: [:])
        #expect(
            [64, 125].contains(command.code) && command.error.contains("--events: standard output is for the result")
        )
        #expect(cloud.requests == [])
    }

    @Test func `nothing is minted of which nothing could be told, and what is there goes all the same`() throws {
        let mint = try run("mint", "--export", "none", "--events", "missing/events.jsonl")
        #expect(mint.code == 73 && mint.error.contains("missing/events.jsonl") && cloud.requests == [])
        _ = try run("mint", "--export", "none", "--session", "a")
        let revoke = try run("revoke", "--session", "a", "--events", "missing/events.jsonl")
        #expect(revoke.code == 0 && revoke.error.contains("no event was written") && cloud.tokens.isEmpty)
    }

    @Test func `a refusal is told with its reason and its exit code`() throws {
        cloud.answer("POST", with: .reply(403, #"{"code":403,"message":"no"}"#))
        let mint = try run("mint", "--export", "none")
        #expect(mint.code == 77)
        let event = try #require(try events().first)
        #expect(event["event"]?.text == "refused" && event["exitCode"]?.wholeNumber == 77)
        #expect(event["reason"]?.text?.isEmpty == false && event["id"] == nil)
    }

    @Test func `what a lost reply had made is told as recovered`() throws {
        cloud.answer("POST", acting: true, with: .lost(.timeout, arrived: true))
        _ = try run("mint", "--export", "none")
        #expect(try names() == ["recovered t-1", "minted t-2", "exported t-2"])
    }

    @Test func `what a dead process left is told as recovered by the next mint, and by a sweep`() throws {
        for clean in [["mint", "--export", "none", "--session", "b"], ["sweep"]] {
            _ = try run("mint", "--export", "none", "--session", "a")
            try machine.kill(at: machine.records()[0], "supervisor")
            _ = try machine.run(clean, adding: [:])
            for record in machine.records() { unlink(record) }
        }
        #expect(
            try names() == [
                "minted t-1", "exported t-1", "recovered t-1", "minted t-2", "exported t-2", "minted t-3",
                "exported t-3", "recovered t-3",
            ]
        )
    }

    @Test func `what cannot be revoked is told, and so is what was over before`() throws {
        _ = try run("mint", "--export", "none", "--session", "a")
        cloud.fail("DELETE")
        let first = try run("revoke", "--session", "a", "--deadline", "5s")
        #expect(first.code == 69)
        cloud.behave()
        cloud.answer("DELETE", acting: true, with: .reply(404, #"{"code":404,"message":"token not found"}"#))
        _ = try run("revoke", "--session", "a")
        #expect(try names() == ["minted t-1", "exported t-1", "not-revoked t-1", "gone t-1"])
        let failure = try events()[2]
        #expect(failure["exitCode"]?.wholeNumber == 69 && failure["reason"]?.text?.isEmpty == false)
    }

    @Test func `a token that ran to its end is told as expired`() throws {
        _ = try run("mint", "--export", "none", "--session", "a", "--ttl", "60s")
        machine.time.advance(by: .seconds(100_000))
        _ = try run("revoke", "--session", "a")
        #expect(try names().last == "expired t-1")
    }

    @Test func `tokens that are revoked by id, and swept ones, are told too`() throws {
        let old = "old [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"
        cloud.plant(description: old)
        cloud.plant(description: old, age: 90_000)
        _ = try run("revoke", "t-1")
        _ = try run("sweep", "--older-than", "1d", "--dry-run", adding: ["PULUMI_ACCESS_TOKEN_ID": "t-9"])
        _ = try run("sweep", "--older-than", "1d", adding: ["PULUMI_ACCESS_TOKEN_ID": "t-9"])
        #expect(try names() == ["revoked t-1", "revoked t-2"])
        for event in try events() { #expect(event["description"]?.text == old) }
    }

    @Test func `a secret in a variable of the system does not reach the file`() throws {
        let value = "pul-" + String(repeating: "ab", count: 20)
        let job = Self.gitHub.merging(["GITHUB_ACTOR": "with \(value) in it"]) { $1 }
        _ = try run("mint", "--export", "none", adding: job)
        let text = machine.disk.text("events.jsonl") ?? ""
        #expect(!text.contains(value) && text.contains("***"), "\(text)")
        #expect(text.split(separator: "\n").count == 2)
        _ = try events()
    }

    /// Wherever a secret may come from, and in whatever form: a description, a name, a reply, an error.
    @Test func `no form of a secret is in any events file`() throws {
        let parent = "parent-credential"
        let forms = maskForms(of: Secret(parent)).map(\.plainText) + [parent]
        for (number, form) in forms.enumerated() {
            var job = Self.gitHub.merging(["GITHUB_RUN_ID": "\(number)", "GITHUB_ACTOR": form]) { $1 }
            job["GITHUB_SHA"] = form
            job["GITHUB_TOKEN"] = "token-of-the-job"
            // What others write into the list comes into the events of its tokens.
            cloud.plant(description: "\(form) [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]", age: 90_000)
            cloud.answer("POST", with: .reply(403, #"{"code":403,"message":"no \#(form)"}"#))
            _ = try run("mint", "--export", "none", adding: job)
            _ = try run("mint", "--export", "json", adding: job)
            cloud.answer("DELETE", with: .reply(403, #"{"code":403,"message":"no \#(form)"}"#))
            _ = try run("revoke", "--json", adding: job)
            _ = try run("revoke", adding: job)
            let sweep = job.merging(["PULUMI_ACCESS_TOKEN_ID": "t-0"]) { $1 }
            _ = try run("sweep", "--older-than", "1d", adding: sweep)
            let text = machine.disk.text("events.jsonl") ?? ""
            for form in forms { #expect(!text.contains(form), "\(form) in \(text)") }
            #expect(!text.contains("token-of-the-job"))
            #expect(try events().count >= 5)
            try machine.disk.write("", to: "events.jsonl")
        }
        #expect(forms.count > 20)
    }

    @Test func `every kind of token is told with its place`() throws {
        let words = ["mint", "--export", "none", "--kind", "team", "--org", "acme", "--team", "ops", "--session", "a"]
        _ = try machine.run(words, adding: [:])
        let event = try #require(try events().first)
        #expect(event["kind"]?.text == "team" && event["organization"]?.text == "acme" && event["team"]?.text == "ops")
    }
}
