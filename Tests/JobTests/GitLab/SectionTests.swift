import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What GitLab's log folds away of our commands, and what it shows to everybody.
@Suite(.hangLimit, .ownThreads) struct SectionTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private static let job = [
        "CI": "true", "GITLAB_CI": "true", "CI_JOB_ID": "4711", "CI_PIPELINE_ID": "815",
        "CI_SERVER_HOST": "gitlab.example.com",
    ]

    private func run(_ arguments: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        try Program(
            Executable.path,
            arguments,
            environment: machine.withCredential.merging(Self.job) { $1 }.merging(changes) { $1 }
        ).run()
    }

    // MARK: What is folded

    @Test func `a mint is one section, folded away, and standard output has the path only`() throws {
        let outcome = try run("mint")
        let log = try GitLabLog(outcome.error)
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(log.visible == ["> pulumi-token: mint a Pulumi token"])
        let section = try #require(log.sections.first)
        #expect(section.isCollapsed && section.end.map { $0 >= section.start } == true)
        #expect(section.lines.count == 2)
        #expect(section.lines[0] == "pulumi-token: using the credential in PULUMI_ACCESS_TOKEN")
        #expect(section.lines[1].hasPrefix("pulumi-token: minted \(token.id), expires "))
        #expect(outcome.output.split(separator: "\n").count == 1 && outcome.output.hasSuffix("/export.sh\n"))
        #expect(leaks(of: [token.value, machine.parent], in: outcome.log) == [])
    }

    @Test func `the commands of a job have sections of different names`() throws {
        let outcomes = [
            try run("mint", "--export", "none"), try run("revoke"), try run("exec", "--", "true"),
            try run("exec", "--", "true"),
        ]
        let log = try GitLabLog(outcomes.map(\.error).joined())
        #expect(log.sections.count == 6 && Set(log.sections.map(\.name)).count == 6)
        #expect(log.visible.allSatisfy { $0.hasPrefix("> ") })
    }

    @Test func `what a command prints stands between the sections of exec, in none of them`() throws {
        let script = "echo before; echo an error >&2; read line; echo after"
        var program = Program(
            Executable.path,
            ["exec", "--", "sh", "-c", script],
            environment: machine.withCredential.merging(Self.job) { $1 }
        )
        program.input = .held
        let running = try program.start()
        // What comes just before the command's end may come after the beginning of the next section.
        try running.awaitError("an error")
        running.send("\n")
        let outcome = try running.wait()
        #expect(outcome.output == "before\nafter\n")
        let log = try GitLabLog(outcome.error)
        let sections = ["> pulumi-token: mint a Pulumi token", "> pulumi-token: revoke the Pulumi token"]
        #expect(log.visible == [sections[0], "an error", sections[1]])
        #expect(log.sections[1].lines.allSatisfy { $0.hasPrefix("pulumi-token: revoked ") })
    }

    // MARK: What is not

    @Test(arguments: ["--ttl=nonsense", "--ttl=59s", "--access-token-file=/nowhere", "--oidc-org=acme"])
    func `an error stands outside, for everybody to see`(option: String) throws {
        let outcome = try run("mint", option)
        #expect(outcome.status != 0)
        let log = try GitLabLog(outcome.error)
        #expect(log.visible.contains { $0.hasPrefix("pulumi-token: error: ") })
        #expect(!log.sections.map(\.lines).joined().contains { $0.contains("error: ") || $0.contains("hint: ") })
    }

    @Test func `a token that could not be revoked is a warning outside`() throws {
        #expect(try run("mint").status == 0)
        machine.cloud.misbehave(.longOutage())
        let outcome = try run("revoke")
        #expect(outcome.status == 69)
        let log = try GitLabLog(outcome.error)
        #expect(log.visible.contains { $0.hasPrefix("pulumi-token: warning: not revoked: ") })
    }

    @Test func `a command that fails, is not there or is killed leaves no section open`() throws {
        for words in [["false"], ["/nowhere/at/all"], ["sh", "-c", "kill -9 $$"]] {
            let program = Program(
                Executable.path,
                ["exec", "--"] + words,
                environment: machine.withCredential.merging(Self.job) { $1 }
            )
            let outcome = try program.run()
            #expect(outcome.status != 0)
            _ = try GitLabLog(outcome.error)
        }
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `an interrupted command leaves no section open`() throws {
        var program = Program(
            Executable.path,
            ["exec", "--", "sh", "-c", "echo up; exec sleep 60"],
            environment: machine.withCredential.merging(Self.job) { $1 }
        )
        program.hasOwnGroup = true
        let running = try program.start()
        try running.await("up")
        running.signal(SIGTERM)
        let outcome = try running.wait()
        #expect(try GitLabLog(outcome.error).sections.count == 2)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `whoever wants it quiet gets no empty sections`() throws {
        #expect(try run("mint", "-q", "--export", "none").error == "")
        #expect(try run("revoke", "-q").error == "")
        #expect(try run("exec", "-q", "--", "echo", "hello").error == "")
    }

    @Test func `elsewhere there are no sections`() throws {
        for system in [["CIRCLECI": "true"], ["JENKINS_URL": "https://jenkins.example.com/"], [:]] {
            let outcome = try machine.run("exec", "--", "true", adding: system)
            #expect(outcome.status == 0 && !outcome.error.contains("section_"))
        }
    }

    @Test func `a whole job of the component reads as documented`() throws {
        let text = try Repository.text("examples/gitlab/by-hand.gitlab-ci.yml")
        let job = try GitLabJob(machine, try #require(PlannedJob.all("gitlab", in: text).first))
        #expect(try job.run())
        let blocks = try CodeBlock.all(in: ["docs/gitlab-ci.md"]).filter { $0.label == "log: gitlab" }
        let documented = try #require(blocks.first).text.split(separator: "\n").map(String.init)
        // Both streams of a stage are caught one after the other; so each is looked at by itself.
        let log = try GitLabLog(job.output.replacing("\u{1B}[32;1m", with: "").replacing("\u{1B}[0;m", with: ""))
        #expect(documented.filter { !$0.hasPrefix("    ") }.allSatisfy(log.visible.contains))
        let lines = documented.filter { $0.hasPrefix("    ") }.map { shape(String($0.dropFirst(4))) }
        #expect(lines == log.sections[0].lines.map(shape))
    }

    /// A line with its ids and moments left out.
    private func shape(_ line: String) -> String {
        line.split(separator: " ").map { word in
            word.count > 20 || word.hasSuffix("Z,") ? "…" : String(word)
        }.joined(separator: " ")
    }
}
