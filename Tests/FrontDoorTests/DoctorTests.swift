import FoundationEssentials
import Glibc
import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

/// `doctor`: what it finds, what it says of it, and that it changes nothing.
@Suite struct DoctorTests {
    private struct Findings: Decodable {
        struct Check: Decodable {
            var name: String
            var status: String
            var detail: String
            var hint: String?
        }

        var version: Int
        var checks: [Check]

        /// The checks that are not in order, as `name: status`.
        var complaints: [String] { checks.filter { $0.status != "ok" }.map { "\($0.name): \($0.status)" } }

        func detail(of name: String) -> String? { checks.first { $0.name == name }?.detail }
        func hint(of name: String) -> String? { checks.first { $0.name == name }?.hint }
    }

    private let machine: Machine
    private let cloud: InMemoryCloud
    private let caFile: String

    init() throws {
        (machine, cloud) = try Machine.withCloud()
        caFile = try machine.disk.write("", to: "ca.pem")
        machine.variables["PULUMI_TOKEN_CA_FILE"] = caFile
    }

    /// Runs `doctor --json`.
    private func doctor(_ options: String..., adding changes: [String: String] = [:]) throws -> (Findings, Int32) {
        let outcome = try machine.run(["doctor", "--json"] + options, adding: changes)
        return (try JSONDecoder().decode(Findings.self, from: Data(outcome.output.utf8)), outcome.code)
    }

    @Test func `everything is in order on a machine with a credential`() throws {
        let (findings, code) = try doctor("-v")
        #expect(code == 0)
        #expect(findings.version == 1)
        #expect(findings.complaints == [])
        #expect(
            findings.checks.map(\.name) == [
                "cloud", "trust", "proxy", "answer", "credential", "account", "clock", "system", "masking", "export",
                "session", "folder", "lease", "ttl",
            ]
        )
        #expect(findings.detail(of: "cloud") == "https://api.pulumi.com")
        #expect(findings.detail(of: "trust") == caFile)
        #expect(findings.detail(of: "account") == "alice, who can mint")
        #expect(findings.detail(of: "credential") == "the credential in PULUMI_ACCESS_TOKEN")
        #expect(findings.detail(of: "ttl") == "1 hour")
        // It asks for the account and for nothing else, and makes nothing.
        #expect(cloud.requests == ["GET /api/user"])
        #expect(machine.disk.files == [caFile])
    }

    @Test func `a clock that is off is a warning`() throws {
        let now = machine.time.clock.unixTime
        machine.transport = InMemoryCloud(now: { now() + 7200 })
        let (findings, code) = try doctor()
        #expect(code == 0)
        #expect(findings.complaints == ["clock: warning"])
        #expect(findings.detail(of: "clock") == "2 hours behind the server's")
    }

    @Test func `quiet, it shows only what is not in order`() throws {
        let quiet = try machine.run("doctor", "-q")
        #expect(quiet.code == 0 && quiet.output == "" && quiet.error == "")
        let now = machine.time.clock.unixTime
        machine.transport = InMemoryCloud(now: { now() + 7200 })
        let lines = try machine.run("doctor", "--quiet").output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("warning  clock  2 hours behind the server's"), "\(lines)")
        #expect(try doctor("-q").0.checks.map(\.name) == ["clock"])
    }

    @Test func `a credential that is rejected is said so`() throws {
        cloud.answer("GET", with: .reply(401, #"{"code":401,"message":"unauthorized"}"#))
        let (findings, code) = try doctor()
        #expect(code == 77 && findings.complaints.first == "account: broken")
    }

    @Test func `a team's token is said to be one that cannot mint`() throws {
        cloud.answer("GET", with: .reply(200, #"{"githubLogin":"bot","tokenInfo":{"name":"robot","team":"ops"}}"#))
        let (findings, code) = try doctor()
        #expect(code == 77)
        #expect(findings.detail(of: "account")?.contains("only a person's credential can mint") == true)
    }

    @Test func `a place where no lease or export can be written is broken`() throws {
        let file = try machine.disk.write("", to: "file")
        let (findings, code) = try doctor(adding: ["XDG_STATE_HOME": file])
        #expect(code == 73 && findings.complaints == ["lease: broken"])
        let (export, exportCode) = try doctor("--export", "github")
        #expect(exportCode == 73 && export.complaints == ["export: broken"])
        #expect(export.detail(of: "export") == "cannot export to later steps: GITHUB_ENV is not set")
        let path = machine.disk.file("x")
        let (named, _) = try doctor("--export", "dotenv=\(path)", "--env-name", "A", "--env-name", "B")
        #expect(named.detail(of: "export") == "A, B, as a dotenv file, \(path)")
    }

    @Test func `a job of a CI system is described`() throws {
        try machine.disk.write("", to: "env")
        try machine.disk.makeFolder("runner")
        let job = [
            "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_RUN_ID": "7", "GITHUB_JOB": "deploy",
            "GITHUB_ENV": machine.disk.file("env"), "RUNNER_TEMP": machine.disk.file("runner"),
        ]
        let (findings, code) = try doctor(adding: job)
        #expect(code == 0)
        #expect(findings.detail(of: "system")?.hasPrefix("GitHub Actions: ") == true)
        #expect(findings.detail(of: "masking") == "by ::add-mask:: on standard error")
        let export = "PULUMI_ACCESS_TOKEN, through the file in GITHUB_ENV and in a script to source"
        #expect(findings.detail(of: "export") == export)
        #expect(findings.detail(of: "lease")?.hasPrefix(machine.disk.file("runner")) == true)
        #expect(machine.disk.text("env") == "")
    }

    @Test(arguments: [
        ("v3.274.1", "pulumi 3.274.1, which can ask a credential helper", []),
        ("v4.0.0", "pulumi 4.0.0, which can ask a credential helper", []),
        ("v3.273.9-dirty", "pulumi 3.273.9, which asks no credential helper", ["cli: warning"]),
        ("unknown", "pulumi does not print its version", ["cli: warning"]),
    ])
    func `the pulumi on the path is asked for its version, and whether it can ask a helper`(
        version: String,
        detail: String,
        complaints: [String]
    ) throws {
        try machine.disk.makeFolder("bin")
        try machine.disk.write("#!/bin/sh\n[ \"$1\" = version ] && echo \(version)\n", to: "bin/pulumi", mode: 0o755)
        let path = ["PATH": machine.disk.file("bin")]
        #expect(try doctor(adding: path).0.detail(of: "cli") == detail)
        let (findings, _) = try doctor("--helper", adding: path)
        #expect(findings.complaints == complaints + ["helper: broken"])
        #expect(try doctor("--helper").0.detail(of: "cli") == nil)
    }

    @Test(arguments: [
        (#"{"version":1,"accessToken":"pul-secret-value","expiresAt":"2027-01-15T09:00:00Z"}"#, "valid for 1 hour", 0),
        ("{}", "declines https://api.pulumi.com", 0),
        (#"{"version":1,"accessToken":"pul-secret-value","extra":1}"#, "would not accept", 1),
        (#"{"version":1,"accessToken":"pul-secret-value","expiresAt":null}"#, "would not accept", 1),
        ("{} {}", "would not accept", 1), ("{}; echo sorry >&2; exit 7; :", "ended with 7: 'sorry'", 69),
    ])
    func `a helper is asked as the CLI would, and its value is not shown`(
        answer: String,
        detail: String,
        code: Int32
    ) throws {
        let quoted = answer.contains(";") ? answer : "'\(answer)'"
        let script = "#!/bin/sh\n[ \"$*\" = 'credential helper' ] && grep -q initial && echo \(quoted)\n"
        let helper = try machine.disk.write(script, to: "helper", mode: 0o755)
        let variables = [
            "PULUMI_CREDENTIAL_HELPER": helper, "PULUMI_CREDENTIAL_HELPER_ARGS": #"["credential","helper"]"#,
        ]
        let outcome = try machine.run(["doctor", "--json", "--helper"], adding: variables)
        #expect(outcome.output.contains(detail), "\(outcome)")
        #expect(outcome.code == code)
        #expect(!(outcome.output + outcome.error).contains("pul-secret-value"))
    }

    @Test(.hangLimit) func `a pipe in the place of the certificates does not outlast a signal`() throws {
        let pipe = try machine.disk.makePipe("pipe")
        machine.time.raise(SIGTERM)
        let outcome = try machine.run("doctor", "--ca-file", pipe)
        #expect(outcome.code != 0, "\(outcome)")
        // Lets the thread end that waits for it.
        close(open(pipe, O_WRONLY | O_NONBLOCK))
    }

    @Test func `it looks at the record that was asked for, and for a folder only where one is needed`() throws {
        let path = machine.disk.file("lease")
        #expect(try doctor(adding: ["PULUMI_TOKEN_LEASE": path]).0.complaints == [])
        _ = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(try doctor(adding: ["PULUMI_TOKEN_LEASE": path]).0.complaints == ["lease: warning"])
        #expect(try doctor("--export", "none").0.detail(of: "folder") == "none is needed")
        #expect(try doctor("--export", "shell").0.detail(of: "folder")?.hasPrefix("a private one") == true)
        #expect(try doctor("--export", "shell", "--no-isolate").0.detail(of: "folder") == "none is needed")
    }
}
