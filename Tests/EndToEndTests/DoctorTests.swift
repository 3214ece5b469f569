import CloudEmulator
import FoundationEssentials
import JobBench
import TestBench
import Testing

/// `doctor`: what it finds, what it says of it, and that it changes nothing.
@Suite(.ownThreads(.first)) struct DoctorTests {
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

    /// Runs `doctor --json`.
    private func findings(_ program: Program) throws -> (Findings, Outcome) {
        let outcome = try program.run()
        return (try JSONDecoder().decode(Findings.self, from: Data(outcome.outputBytes)), outcome)
    }

    private func doctor(
        on machine: BuildMachine,
        _ options: String...,
        adding changes: [String: String?] = [:]
    ) throws -> (Findings, Outcome) {
        var environment = machine.withCredential
        for (name, value) in changes { environment[name] = value }
        return try findings(Program(Executable.path, ["doctor", "--json"] + options, environment: environment))
    }

    @Test func `everything is in order on a machine with a credential`() throws {
        let machine = try BuildMachine()
        let (findings, outcome) = try doctor(on: machine, "-v")
        #expect(outcome.status == 0)
        #expect(findings.version == 1)
        #expect(findings.complaints == [])
        #expect(
            findings.checks.map(\.name) == [
                "cloud", "trust", "proxy", "answer", "credential", "account", "clock", "system", "masking", "export",
                "session", "folder", "lease", "ttl",
            ]
        )
        #expect(findings.detail(of: "cloud") == "\(machine.cloud.url), from PULUMI_TOKEN_CLOUD_URL")
        #expect(findings.detail(of: "trust") == machine.caFile)
        #expect(findings.detail(of: "account") == "alice, who can mint")
        #expect(findings.detail(of: "credential") == "the credential in PULUMI_ACCESS_TOKEN")
        #expect(findings.detail(of: "ttl") == "1 hour")
        // It asks for the account and for nothing else, and makes nothing.
        #expect(machine.cloud.requests.map { "\($0.method) \($0.path)" } == ["GET /api/user"])
        #expect(machine.cloud.tokens(.minted).isEmpty)
        #expect(machine.sandbox.files == [machine.caFile])
        #expect(leaks(of: machine.parent, in: outcome.log) == [])
    }

    @Test func `the table says the same in words`() throws {
        let machine = try BuildMachine()
        let outcome = try machine.run("doctor", adding: ["PULUMI_ACCESS_TOKEN": ""])
        #expect(outcome.status == 77)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("ok       cloud       \(machine.cloud.url), from PULUMI_TOKEN_CLOUD_URL"))
        #expect(lines.contains("broken   credential  PULUMI_ACCESS_TOKEN is set but empty"))
        #expect(lines.contains { $0.hasPrefix("                     hint: ") })
        #expect(!outcome.output.contains("\u{1B}"), "no colours but on a terminal")
    }

    @Test func `without a credential it still says whether the cloud answers`() throws {
        let machine = try BuildMachine()
        let (findings, outcome) = try doctor(on: machine, adding: ["PULUMI_ACCESS_TOKEN": nil])
        #expect(outcome.status == 77)
        #expect(findings.complaints == ["credential: broken"])
        #expect(
            findings.detail(of: "answer")
                == "localhost answers as Pulumi Cloud does, with a certificate that is trusted"
        )
        #expect(machine.cloud.requests.map(\.credential) == ["none"])
    }

    @Test(arguments: [
        ("https://\(unknownHost)", 69 as Int32, "cannot look up the name \(unknownHost)"),
        ("https://localhost:9", 69, "cannot connect to localhost:9"),
    ])
    func `a cloud that does not answer is said so`(url: String, code: Int32, says: String) throws {
        let machine = try BuildMachine()
        for credential in [machine.parent, nil] {
            let (findings, outcome) = try doctor(
                on: machine,
                "--deadline",
                "4s",
                adding: ["PULUMI_TOKEN_CLOUD_URL": url, "PULUMI_ACCESS_TOKEN": credential]
            )
            #expect(outcome.status == (credential == nil ? 77 : code), "mint looks for the credential first")
            #expect(findings.complaints.first == "answer: broken")
            #expect(findings.detail(of: "answer")?.contains(says) == true)
            #expect(findings.hint(of: "answer") != nil)
        }
    }

    @Test func `something else in the place of the cloud is not taken for it`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.htmlPage(acting: false, method: "GET", times: 0))
        for credential in [machine.parent, nil] {
            let (findings, outcome) = try doctor(on: machine, adding: ["PULUMI_ACCESS_TOKEN": credential])
            #expect(outcome.status == (credential == nil ? 77 : 69))
            #expect(findings.complaints.first == "answer: broken")
        }
    }

    @Test func `authorities from a pipe serve all its questions`() throws {
        let machine = try BuildMachine()
        try machine.sandbox.makePipe("pipe")
        let writer = try Program("cp", [machine.caFile, machine.sandbox.file("pipe")]).start()
        let (findings, outcome) = try doctor(on: machine, "--ca-file", machine.sandbox.file("pipe"))
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(findings.complaints == [])
        _ = try writer.wait()
    }

    @Test func `an authority that is not trusted is said so`() throws {
        let machine = try BuildMachine()
        let other = try BuildMachine()
        let (findings, outcome) = try doctor(on: machine, "--ca-file", other.caFile)
        #expect(outcome.status == 69)
        #expect(findings.complaints == ["answer: broken"])
        #expect(findings.hint(of: "answer")?.contains("--ca-file") == true)
        let (missing, code) = try doctor(on: machine, "--ca-file", "/nowhere.pem")
        #expect(code.status == 66)
        #expect(missing.complaints.first == "trust: broken")
    }

    @Test func `a credential that is rejected or cannot mint is said so`() throws {
        let machine = try BuildMachine()
        let (rejected, code) = try doctor(
            on: machine,
            adding: ["PULUMI_ACCESS_TOKEN": "pul-" + String(repeating: "0", count: 40)]
        )
        #expect(code.status == 77)
        #expect(rejected.complaints == ["account: broken"])

        machine.cloud.configure { $0.machines = [.init(name: "robot", team: "ops", token: "pul-robot")] }
        let (team, teamCode) = try doctor(on: machine, adding: ["PULUMI_ACCESS_TOKEN": "pul-robot"])
        #expect(teamCode.status == 77)
        #expect(team.complaints == ["account: broken"])
        #expect(team.detail(of: "account")?.contains("only a person's credential can mint") == true)
    }

    @Test func `a clock that is off is a warning`() throws {
        let machine = try BuildMachine()
        // The reply takes a part of it, a moment or more.
        machine.cloud.advanceClock(by: 7259)
        let (findings, outcome) = try doctor(on: machine)
        #expect(outcome.status == 0)
        #expect(findings.complaints == ["clock: warning"])
        let detail = try #require(findings.detail(of: "clock"))
        #expect(detail.hasPrefix("2 hours") && detail.hasSuffix(" behind the server's"))
    }

    @Test func `a place where no lease or export can be written is broken`() throws {
        let machine = try BuildMachine()
        let file = try machine.sandbox.write("", to: "file")
        let (findings, outcome) = try doctor(on: machine, adding: ["XDG_STATE_HOME": file])
        #expect(outcome.status == 73)
        #expect(findings.complaints == ["lease: broken"])
        let (export, code) = try doctor(on: machine, "--export", "github")
        #expect(code.status == 73)
        #expect(export.complaints == ["export: broken"])
        #expect(export.detail(of: "export") == "cannot export to later steps: GITHUB_ENV is not set")
        let (named, _) = try doctor(
            on: machine,
            "--export",
            "dotenv=\(machine.sandbox.file("x"))",
            "--env-name",
            "A",
            "--env-name",
            "B"
        )
        #expect(named.detail(of: "export") == "A, B, as a dotenv file, \(machine.sandbox.file("x"))")
    }

    @Test func `masks that would go into a file are a fault, as they are for mint`() throws {
        let job = try GitHubJob(try BuildMachine())
        try job.prepare()
        var variables = job.environment.merging(["PULUMI_ACCESS_TOKEN": job.machine.parent]) { $1 }
        variables["PULUMI_TOKEN_CLOUD_URL"] = job.machine.cloud.url
        variables["PULUMI_TOKEN_CA_FILE"] = job.machine.caFile
        for command in ["doctor", "mint"] {
            let line = "\(Executable.path) \(command) 2> '\(job.machine.sandbox.file("errors"))'"
            #expect(try Program("sh", ["-c", line], environment: variables).run().status == 64)
        }
        #expect(job.machine.cloud.tokens(.minted).isEmpty)
    }

    @Test func `a job of a CI system is described`() throws {
        let job = try GitHubJob(try BuildMachine())
        try job.prepare()
        let program = Program(
            Executable.path,
            ["doctor", "--json"],
            environment: job.environment.merging(["PULUMI_ACCESS_TOKEN": job.machine.parent]) { $1 }
        )
        var environment = program
        environment.environment["PULUMI_TOKEN_CLOUD_URL"] = job.machine.cloud.url
        environment.environment["PULUMI_TOKEN_CA_FILE"] = job.machine.caFile
        let (findings, outcome) = try findings(environment)
        #expect(outcome.status == 0)
        #expect(findings.detail(of: "system")?.hasPrefix("GitHub Actions: ") == true)
        #expect(findings.detail(of: "masking") == "by ::add-mask:: on standard error")
        let export = "PULUMI_ACCESS_TOKEN, through the file in GITHUB_ENV and in a script to source"
        #expect(findings.detail(of: "export") == export)
        #expect(findings.detail(of: "lease")?.hasPrefix(job.file("temp")) == true)
        // The runner's files are for the steps that do something.
        #expect(["env", "output", "state", "summary"].map(job.text) == ["", "", "", ""])
    }

    @Test func `it looks at the record that was asked for, and for a folder only where one is needed`() throws {
        let machine = try BuildMachine()
        let path = machine.sandbox.file("lease")
        let lease = ["PULUMI_TOKEN_LEASE": path] as [String: String?]
        #expect(try doctor(on: machine, adding: lease).0.complaints == [])
        _ = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(try doctor(on: machine, adding: lease).0.complaints == ["lease: warning"])
        #expect(try doctor(on: machine, "--export", "none").0.detail(of: "folder") == "none is needed")
        #expect(try doctor(on: machine, "--export", "shell").0.detail(of: "folder")?.hasPrefix("a private one") == true)
        let shared = try doctor(on: machine, "--export", "shell", "--no-isolate").0
        #expect(shared.detail(of: "folder") == "none is needed")
    }

    /// Two things are broken at once in most of these.
    private static let obstacles: [[String: String?]] = [
        ["PULUMI_ACCESS_TOKEN": nil, "PULUMI_TOKEN_CLOUD_URL": "https://localhost:9"],
        ["PULUMI_ACCESS_TOKEN": nil, "PULUMI_TOKEN_TTL": "1s"],
        ["PULUMI_ACCESS_TOKEN": nil, "PULUMI_TOKEN_CA_FILE": "/nowhere"],
        ["PULUMI_TOKEN_SESSION": "a\nb", "PULUMI_TOKEN_CLOUD_URL": "https://localhost:9"],
        ["PULUMI_TOKEN_EXPORT": "file=/nowhere/x", "PULUMI_TOKEN_TTL": "1s"],
        ["PULUMI_TOKEN_CA_FILE": "/nowhere", "PULUMI_TOKEN_LEASE": "/etc/hostname/lease"],
        ["PULUMI_TOKEN_LEASE": "/etc/hostname/lease", "PULUMI_TOKEN_CLOUD_URL": "https://localhost:9"],
        ["PULUMI_TOKEN_LEASE": "/etc/hostname", "PULUMI_TOKEN_CLOUD_URL": "https://localhost:9"],
        ["TMPDIR": "/nowhere", "PULUMI_TOKEN_CLOUD_URL": "https://localhost:9"],
    ]

    @Test(arguments: obstacles)
    func `its exit code is that of mint`(changes: [String: String?]) throws {
        let machine = try BuildMachine()
        var environment = machine.withCredential.merging(["CI": "true", "PULUMI_TOKEN_DEADLINE": "1s"]) { $1 }
        for (name, value) in changes { environment[name] = value }
        let doctor = try Program(Executable.path, ["doctor"], environment: environment).run()
        let mint = try Program(Executable.path, ["mint"], environment: environment).run()
        #expect(doctor.status == mint.status, "\(doctor.output)\(mint.error)")
        #expect(doctor.status != 0 || changes["TMPDIR"] != nil)
    }
}
