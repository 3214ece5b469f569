import Glibc
import HTTPTransport
import StubTransport
import TestBench
import TestMachine
import Testing

/// `list` and `sweep`: what they show, and what they spare.
@Suite struct SweepCommandTests {
    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud()
    }

    private func mint(_ session: String) throws {
        _ = try machine.run("mint", "--export", "none", "--session", session, "--description", "of \(session)")
    }

    @Test func `list shows what this tool minted, and all only when asked to`() throws {
        try mint("a")
        cloud.plant(description: "by hand")
        let list = try machine.run("list")
        #expect(list.code == 0 && list.output.hasPrefix("ID"))
        #expect(list.output.contains("of a") && !list.output.contains("by hand") && !list.output.contains("value-1"))
        #expect(try machine.run("list", "--all").output.contains("by hand"))
        let json = try machine.run("list", "--json").output
        #expect(json.hasPrefix(#"{"version":1,"tokens":[{"id":"t-1","#) && json.hasSuffix("]}\n"))
    }

    @Test func `a sweep by age spares what lives here, and says what it did`() throws {
        try mint("living")
        cloud.plant(description: "old [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]", age: 90_000)
        let words = ["sweep", "--older-than", "1d", "--json"]
        let preview = try machine.run(words + ["--dry-run"], adding: ["PULUMI_ACCESS_TOKEN_ID": "t-9"])
        #expect(preview.code == 1 && preview.output.contains(#""outcome":"would-revoke""#) && cloud.tokens.count == 2)
        let sweep = try machine.run(words, adding: ["PULUMI_ACCESS_TOKEN_ID": "t-9"])
        #expect(sweep.code == 0 && sweep.output.contains(#""id":"t-2""#))
        #expect(sweep.output.contains(#""outcome":"revoked""#))
        #expect(cloud.tokens.map(\.id) == ["t-1"])
    }

    @Test func `a sweep of a run takes its tokens from all machines, and no others`() throws {
        let job = ["GITLAB_CI": "true", "CI_SERVER_HOST": "gitlab.example", "CI_PROJECT_PATH": "a/b"]
        for (pipeline, id) in [("7", "1"), ("7", "2"), ("8", "3")] {
            let other = try Machine(cloud)
            let variables = job.merging(["CI_PIPELINE_ID": pipeline, "CI_JOB_ID": id]) { $1 }
            _ = try other.run("mint", "--export", "none", adding: variables)
        }
        let last = job.merging(["CI_PIPELINE_ID": "7", "CI_JOB_ID": "9"]) { $1 }
        let sweep = try machine.run("sweep", "--run", adding: last)
        #expect(sweep.code == 0, "\(sweep.error)")
        #expect(cloud.tokens.map(\.id) == ["t-3"])
    }

    @Test func `what a dead process left is swept, a dry run first`() throws {
        try mint("dead")
        try machine.kill("supervisor")
        let preview = try machine.run("sweep", "--dry-run")
        #expect(preview.code == 1 && preview.output.contains("t-1"))
        #expect(preview.error.contains("nothing was revoked: dry run"))
        #expect(cloud.tokens.count == 1 && machine.records().count == 1)
        let sweep = try machine.run("sweep")
        #expect(sweep.code == 0 && sweep.error.contains("revoked 1 token\n"))
        #expect(cloud.tokens.isEmpty && machine.records() == [])
        #expect(try machine.run("sweep", "--dry-run").code == 0, "nothing is left")
    }

    @Test(arguments: ["sh", "dash", "bash", "zsh"])
    func `what eight dead shells left is swept, and what a living one has is not`(shell: String) throws {
        // All at once: the next mint would revoke what a dead shell left.
        let scripts = try (0..<8).map { _ in try machine.run("mint", "--no-isolate").output }
        for script in scripts {
            let program = Program(shell, ["-c", ". \(script)"], environment: Program.usualPath)
            #expect(try program.run().status == 0)
        }
        // As if a shell that lives on had sourced the last one.
        try name(getpid(), asTheShellOf: scripts[7])
        let sweep = try machine.run("sweep")
        #expect(cloud.tokens.map(\.id) == ["t-8"] && sweep.error.contains("revoked 7 tokens\n"), "\(sweep)")
        #expect(sweep.error.contains("kept token t-8 of another session"))
        #expect(machine.records().count == 1)
    }

    @Test func `the next mint revokes what a dead shell left, and says so`() throws {
        let first = try machine.run("mint", "--no-isolate")
        _ = try Program("sh", ["-c", ". \(first.output)"], environment: Program.usualPath).run()
        let next = try machine.run("mint", "--no-isolate")
        #expect(cloud.tokens.map(\.id) == ["t-2"])
        #expect(next.error.contains("notice: revoked t-1, whose job has ended"), "\(next)")
    }

    private func name(_ process: pid_t, asTheShellOf script: String) throws {
        let folder = String(script.dropLast("/export.sh\n".count).dropFirst(machine.disk.path.count + 1))
        try machine.disk.write("\(process)\n", to: folder + "/shell")
    }

    @Test func `of a token that was revoked elsewhere, nothing is said and no record is kept`() throws {
        try mint("gone")
        let elsewhere = try Machine(cloud)
        #expect(try elsewhere.run("revoke", "t-1").code == 0)
        #expect(try !machine.run("sweep", "--dry-run").error.contains("t-1"))
        #expect(machine.records().count == 1, "a dry run changes nothing")
        #expect(try !machine.run("sweep").error.contains("t-1"))
        #expect(machine.records() == [])
    }

    @Test func `another account's list proves no token gone`() throws {
        try mint("theirs")
        cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#))
        let sweep = try machine.run("sweep", adding: ["PULUMI_ACCESS_TOKEN": "another-credential"])
        #expect(sweep.error.contains("kept token t-1 ") && machine.records().count == 1)
    }
}
