import HTTPTransport
import HostSystem
import StubTransport
import Supervision
import TestBench
import TestMachine
import Testing
import TokenLifecycle

@testable import pulumi_token

/// `mint`: what it asks for, and what it leaves for the job.
@Suite struct MintCommandTests {
    private let machine: Machine
    private let cloud: InMemoryCloud
    private let start = VirtualClock.start

    init() throws {
        (machine, cloud) = try Machine.withCloud()
    }

    // MARK: Exports

    @Test func `json is the resource and nothing else`() throws {
        let outcome = try machine.run(
            "mint",
            "--export",
            "json",
            "--ttl",
            "15m",
            "--description",
            "release 7",
            "--reason",
            "why"
        )
        let token = try #require(cloud.tokens.first)
        #expect(
            outcome.output == #"{"id":"t-1","tokenId":"t-1","tokenValue":"value-1","#
                + #""description":"\#(token.description)","expires":\#(start + 900),"reason":"why","#
                + #""expiresAt":"2027-01-15T08:15:00Z","revocable":true,"kind":"personal"}"# + "\n"
        )
        #expect(token.description.hasPrefix("release 7 [pulumi-token:"))
        #expect(cloud.requests == ["POST /api/user/tokens?reason=why"])
        #expect(!outcome.error.contains("value-1") && !outcome.error.contains("parent-credential"))
    }

    @Test func `where the token has another name, the credential in its place is told of`() throws {
        let notice = "notice: PULUMI_ACCESS_TOKEN still contains the parent credential"
        #expect(try machine.run("mint", "--env-name", "OTHER").error.contains(notice))
        let both = try machine.run("mint", "--session", "2", "--env-name", "OTHER,PULUMI_ACCESS_TOKEN")
        #expect(both.code == 0 && !both.error.contains("still contains"))
        try machine.disk.write("parent-credential", to: "credential")
        machine.variables["PULUMI_TOKEN_ACCESS_TOKEN_FILE"] = machine.disk.file("credential")
        let file = try machine.run("mint", "--session", "3", "--env-name", "OTHER")
        #expect(file.code == 0 && !file.error.contains("still contains"))
    }

    @Test(arguments: ["sh", "dash", "bash", "zsh", "ksh93", "mksh", "yash", "fish"])
    func `a path that is executed instead of sourced says so, and fails`(shell: String) throws {
        let path = try machine.run("mint").output.dropLast()
        let next = shell == "fish" ? "; or exit" : " || exit"
        var program = Program(shell, ["-c", "eval '\(path)'\(next); echo on"], environment: Program.usualPath)
        program.environment["PULUMI_ACCESS_TOKEN"] = "parent-credential"
        let outcome = try program.run()
        #expect(outcome.status == 64 && outcome.output == "")
        #expect(outcome.error == "pulumi-token: source me: . \"$(pulumi-token mint)\" || exit\n")
    }

    @Test(arguments: ["sh", "bash", "fish"])
    func `a path of a mint that failed ends with its code when it is executed`(shell: String) throws {
        let path = try machine.run("mint", "--ttl", "1s").output.dropLast()
        let next = shell == "fish" ? "; or exit" : " || exit"
        let words = ["-c", "eval '\(path)'\(next); echo on"]
        let outcome = try Program(shell, words, environment: Program.usualPath).run()
        #expect(outcome.status == 64 && outcome.output == "")
    }

    @Test(arguments: [([], 1), (["--export", "github"], 1), (["--export", "none"], 0)])
    func `a step of GitHub is told once that nothing revokes its token by itself`(
        words: [String],
        count: Int
    ) throws {
        try machine.disk.write("", to: "env")
        let job = [
            "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_RUN_ID": "7", "GITHUB_JOB": "deploy",
            "GITHUB_ENV": machine.disk.file("env"),
        ]
        let mint = try machine.run(["mint"] + words, adding: job)
        let sentence = """
            pulumi-token: notice: nothing revokes this token when the job ends; run pulumi-token revoke in a step with \
            if: always(), or use the action

            """
        #expect(mint.error.ranges(of: sentence).count == count, "\(mint)")
        #expect(words != [] || mint.output.hasSuffix("/export.sh\n"))
        #expect(try !machine.run("mint", "--session", "s").error.contains("nothing revokes"))
    }

    @Test func `on a terminal it says that the path has to be sourced`() throws {
        let terminal = try PseudoTerminal(like: Terminal(descriptor: -1), isForOutputOnly: false)
        let sentence = "pulumi-token: this shell does not have the token yet; source that path, as in . PATH\n"
        for (output, isTold) in [(terminal.slave, true), (-1, false)] {
            let outcome = try machine.run(["mint"]) { context in
                var context = context
                if output >= 0 { context.standardOutput = StandardStream(descriptor: output, name: "the terminal") }
                return Tool(context: context).run(["mint"])
            }
            #expect(outcome.code == 0 && outcome.error.contains(sentence) == isTold, "\(outcome)")
        }
    }

    @Test func `none hands over nothing`() throws {
        let outcome = try machine.run("mint", "--export", "none")
        #expect(outcome.output == "" && outcome.code == 0)
        #expect(cloud.tokens.count == 1)
    }

    @Test func `dotenv is a private file of plain lines`() throws {
        let path = machine.disk.file("tmp/token.env")
        let outcome = try machine.run("mint", "--export", "dotenv=\(path)", "--no-isolate", "--session", "s")
        #expect(outcome.output == "")
        #expect(machine.disk.permissions("tmp/token.env") == 0o600)
        let lines = [
            "PULUMI_ACCESS_TOKEN=value-1", "PULUMI_ACCESS_TOKEN_ID=t-1", "PULUMI_CREDENTIAL_HELPER=none",
            "PULUMI_TOKEN_SESSION=s", "",
        ]
        #expect(text(of: path) == lines.joined(separator: "\n"))
    }

    @Test(arguments: ["dotenv", "file"])
    func `a file of the user is not replaced, and what was written there goes with the token`(form: String) throws {
        let path = machine.disk.file("tmp/token.env")
        let words = ["mint", "--export", "\(form)=\(path)", "--session", "s", "--no-isolate"]
        for content in ["PULUMI_ACCESS_TOKEN=theirs\n", "PULUMI_ACCESS_TOKEN_ID=x\nOTHER=1\n", "# none\n"] {
            try machine.disk.write(content, to: "tmp/token.env")
            let refused = try machine.run(words, adding: [:])
            #expect(refused.code == 73 && text(of: path) == content && cloud.requests == [])
            #expect(refused.error.contains("cannot write \(path): the file exists, and pulumi-token did not write it"))
        }
        // As mktemp leaves it, and as the mint before leaves it.
        try machine.disk.write("", to: "tmp/token.env")
        for _ in 0..<2 { #expect(try machine.run(words, adding: [:]).code == 0) }
        #expect(try machine.run("revoke", "--session", "s").code == 0)
        #expect(machine.disk.names(in: "tmp") == [])
    }

    @Test func `a file of the user in the place of the values is not replaced either`() throws {
        let path = machine.disk.file("tmp/token")
        let words = ["mint", "--export", "file=\(path)", "--session", "s", "--no-isolate"]
        try machine.disk.write("theirs\n", to: "tmp/token.values")
        let refused = try machine.run(words, adding: [:])
        #expect(refused.code == 73 && text(of: path + ".values") == "theirs\n" && cloud.requests == [])
        #expect(refused.error.contains("cannot write \(path).values: the file exists"))
        // As a mint leaves it that was killed before the script.
        try machine.disk.write(Self.tokenPrefix + "gone\n", to: "tmp/token.values")
        #expect(try machine.run(words, adding: [:]).code == 0)
    }

    private static let tokenPrefix = "pul-"

    @Test func `a file that was changed since stays`() throws {
        let path = machine.disk.file("tmp/token.env")
        _ = try machine.run("mint", "--export", "dotenv=\(path)", "--no-isolate", "--session", "s")
        try machine.disk.write("theirs", to: "tmp/token.env")
        #expect(try machine.run("revoke", "--session", "s").code == 0)
        #expect(text(of: path) == "theirs")
    }

    @Test func `revoke removes what was never sourced`() throws {
        let mint = try machine.run("mint", "--session", "s")
        #expect(fileExists(mint.output.replacing("\n", with: "")))
        #expect(try machine.run("revoke", "--session", "s").code == 0)
        #expect(machine.disk.names(in: "tmp") == [])
    }

    @Test func `the private credentials folder is given, and not where it is not wanted`() throws {
        let with = try machine.run("mint", "--export", "shell")
        let path = with.output.firstMatch(of: #/PULUMI_CREDENTIALS_PATH='([^']*)'/#).map { String($0.1) }
        #expect(fileExists(try #require(path)))
        let without = try machine.run("mint", "--export", "shell", "--no-isolate")
        #expect(!without.output.contains("PULUMI_CREDENTIALS_PATH"))
    }

    @Test func `a failed mint leaves a script that ends a shell, and nothing else`() throws {
        let outcome = try machine.run("mint", "--ttl", "nonsense")
        #expect(outcome.code == 64 && cloud.requests == [])
        let script = try #require(text(of: outcome.output.replacing("\n", with: "")))
        #expect(script.contains("PULUMI_ACCESS_TOKEN") && script.contains("return 64 "))
        #expect(machine.files(below: "tmp").count == 1)
    }

    @Test(arguments: [("fiel", true), ("", true), ("file", true), ("json", false), ("stdout", false)])
    func `so does one whose export is none that there is`(export: String, leavesScript: Bool) throws {
        let outcome = try machine.run("mint", "--export=\(export)", "--ttl", "nonsense")
        #expect(outcome.code == 64 && cloud.requests == [])
        let script = text(of: outcome.output.replacing("\n", with: ""))
        #expect((script?.contains("return 64 ") ?? false) == leavesScript, "\(outcome)")
    }

    // MARK: Asking

    @Test(
        arguments: [
            (["--ttl", "90s"], 90), (["--ttl", "1h30m"], 5400), (["--ttl", "2d"], 172_800), (["--ttl", "PT1H"], 3600),
            (["--ttl", "61"], 61), ([], 3600),
        ] as [([String], Int64)]
    )
    func `a token lives as long as it was asked to`(arguments: [String], seconds: Int64) throws {
        #expect(try machine.run(["mint", "--export", "none"] + arguments, adding: [:]).code == 0)
        #expect(cloud.tokens.map(\.expires) == [start + seconds])
    }

    @Test func `an absolute expiry is kept to the second`() throws {
        _ = try machine.run("mint", "--export", "none", "--expires", "2027-01-31T12:00:00+01:00")
        #expect(cloud.tokens.map(\.expires) == [1_801_393_200])
    }

    @Test func `on GitLab the job's own time-out is the natural life`() throws {
        _ = try machine.run("mint", "--export", "none", adding: ["GITLAB_CI": "true", "CI_JOB_TIMEOUT": "5400"])
        #expect(cloud.tokens.map(\.expires) == [start + 5400])
    }

    @Test(arguments: [-86_400, 86_400, -120, 120] as [Int64])
    func `a machine whose clock is off gets the expiry in the server's time`(offset: Int64) throws {
        let now = machine.time.clock.unixTime
        let cloud = InMemoryCloud(now: { now() + offset })
        machine.transport = cloud
        let outcome = try machine.run("mint", "--export", "none", "--ttl", "10m")
        #expect(outcome.code == 0)
        #expect(outcome.error.contains(offset < 0 ? "ahead of the server's" : "behind the server's"))
        #expect(outcome.error.contains(", in 10 minutes\n"))
        #expect(cloud.tokens.map(\.expires) == [start + offset + 600])
    }

    @Test func `a long text is cut, and control characters become blanks`() throws {
        let text = "line\none\u{1B}[31m" + String(repeating: "é", count: 300)
        _ = try machine.run("mint", "--export", "none", "--description", text)
        let description = try #require(cloud.tokens.first).description
        #expect(description.utf8.count <= 200 && description.utf8.count >= 198)
        #expect(description.hasPrefix("line one [31mé"))
        #expect(description.hasSuffix("]"))
    }

    @Test func `verify looks at what was granted`() throws {
        let granted = #"{"tokens":[{"id":"t-1","description":"","expires":\#(start + 300)}]}"#
        cloud.answer("GET", with: .reply(200, granted))
        let outcome = try machine.run("mint", "--export", "none", "--verify")
        #expect(outcome.code == 0)
        #expect(outcome.error.contains("Pulumi Cloud shortened the lifetime"))
        #expect(cloud.requests.map { String($0.prefix(4)) } == ["POST", "GET "])
    }

    @Test func `verify is patient with a list that is a few seconds behind`() throws {
        for _ in 0..<2 { cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#)) }
        #expect(try machine.run("mint", "--export", "none", "--verify").code == 0)
        #expect(cloud.requests.map { String($0.prefix(4)) } == ["POST", "GET ", "GET ", "GET "])
        #expect(machine.time.clock.unixTime() == start + 3)
    }

    @Test func `wait that was in vain speaks of the new token, not of the credential`() throws {
        for _ in 0..<200 { cloud.answer("GET /api/user", with: .reply(401, #"{"code":401}"#)) }
        let mint = try machine.run("mint", "--export", "none", "--wait", "--deadline", "30s")
        #expect(mint.code == 69 && cloud.tokens.isEmpty)
        #expect(mint.error.contains("error: Pulumi Cloud does not accept the new token: "))
        #expect(mint.error.contains("hint: the token was revoked; try again later, or remove --wait"))
    }

    @Test func `a wait of many seconds is told once, with its length`() throws {
        for _ in 0..<2 { cloud.answer("POST", with: .reply(429, #"{"code":429}"#, fields: [("Retry-After", "20")])) }
        let mint = try machine.run("mint", "--export", "none")
        #expect(mint.code == 0)
        #expect(
            mint.error.split(separator: "\n").filter { $0.contains("notice: waiting 2") }.count == 1,
            "\(mint.error)"
        )
    }

    @Test func `a token whose clean-up failed is told although the mint goes on`() throws {
        cloud.answer("POST", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        for _ in 0..<50 { cloud.answer("GET", with: .reply(403, #"{"code":403,"message":"no"}"#)) }
        let mint = try machine.run("mint", "--export", "none", "--session", "s")
        #expect(mint.code == 0, "\(mint.error)")
        #expect(
            mint.error.contains("not revoked yet: a token of unknown ID (its reply was lost) might be valid until")
        )
    }

    @Test func `wait returns only when the new token is accepted`() throws {
        for _ in 0..<2 { cloud.answer("GET /api/user", with: .reply(401, #"{"code":401}"#)) }
        #expect(try machine.run("mint", "--export", "none", "--wait").code == 0)
        #expect(cloud.requests.map { String($0.prefix(4)) } == ["POST", "GET ", "GET ", "GET "])
    }
}
