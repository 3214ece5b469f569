import CloudEmulator
import Glibc
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// The sub-actions, and what of the executable later steps find on their path.
@Suite(.hangLimit, .ownThreads) struct SubActionTests {
    private static let runners: [ShownLog.Runner] = [.gitHub, .gitea, .forgejo, .act]

    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        try machine.removeInstalledExecutable()
    }

    private func job(_ name: String = "job", on runner: ShownLog.Runner = .gitHub) throws -> GitHubJob {
        let job = try GitHubJob(machine, named: name, on: runner)
        job.usesLauncher = true
        job.variables = ["GITHUB_JOB": name, "RUNNER_TRACKING_ID": "github_\(name)"]
        return job
    }

    /// Runs a sub-action with these inputs besides those of the job.
    private func run(_ stage: String, in job: GitHubJob, _ inputs: [String: String] = [:]) throws -> Outcome {
        let usual = job.inputs
        defer { job.inputs = usual }
        job.inputs.merge(inputs) { $1 }
        return try job.run(stage)
    }

    // MARK: The path

    @Test(arguments: runners)
    func `setup puts the executable of the action on the path of later steps, and needs no credential`(
        runner: ShownLog.Runner
    ) throws {
        let job = try job(on: runner)
        #expect(try job.step(["sh", "-e"], "pulumi-token --version").status == 127)
        job.inputs = [:]
        #expect(try job.run("setup").status == 0, "\(job.log.text)")
        let step = try job.step(["sh", "-e"], "pulumi-token --version; readlink -f \"$(command -v pulumi-token)\"")
        #expect(step.output.hasPrefix("pulumi-token ") && step.output.hasSuffix("\n\(Executable.path)\n"))
        #expect(job.exported == [:] && job.outputs == [:] && job.state == [:])
        #expect(machine.cloud.requests.isEmpty)
    }

    @Test func `install does the same beside a mint, and is off unless it is asked for`() throws {
        let job = try job()
        #expect(try job.main().status == 0)
        #expect(job.searchPath == [])
        job.inputs["install"] = "true"
        #expect(try job.main().status == 0)
        let step = try job.step(["sh", "-e"], "pulumi-token list")
        #expect(step.status == 0 && step.output.contains(job.outputs["token-id"] ?? "?"), "\(step.log)")
        #expect(try job.post().status == 0)
    }

    @Test func `the folder is the job's own: new, in its temporary folder, and only its user can change it`() throws {
        let job = try job()
        #expect(try job.run("setup").status == 0 && job.run("setup").status == 0)
        #expect(job.searchPath.count == 2 && Set(job.searchPath).count == 2)
        for folder in job.searchPath {
            #expect(folder.hasPrefix(job.file("temp/pulumi-token-bin-")))
            #expect(machine.sandbox.permissions(String(folder.dropFirst(machine.sandbox.path.count + 1))) == 0o755)
        }
        // What an earlier step has put on the path does not come before it.
        try machine.sandbox.makeFolder("planted")
        try machine.sandbox.write(Array("#!/bin/sh\necho planted\n".utf8), to: "planted/pulumi-token", mode: 0o755)
        let path = machine.sandbox.file("planted") + ":/usr/bin:/bin"
        let step = try job.step(["sh", "-e"], "pulumi-token --version", adding: ["PATH": path])
        #expect(step.output.hasPrefix("pulumi-token "))
    }

    @Test(arguments: ["setup", "main"])
    func `a runner that takes no folders for its path is told so, before anything is minted`(stage: String) throws {
        let job = try job()
        job.inputs["install"] = "true"
        job.variables["GITHUB_PATH"] = ""
        let outcome = try job.run(stage)
        #expect(outcome.status == 64 || outcome.status == 73)
        #expect(outcome.error.contains("GITHUB_PATH"))
        #expect(machine.cloud.requests.isEmpty)
    }

    // MARK: Revoke

    @Test(arguments: runners)
    func `revoke ends the job's token at once, and post has nothing left to do`(runner: ShownLog.Runner) throws {
        let job = try job(on: runner)
        try job.main()
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try run("revoke", in: job).status == 0, "\(job.log.text)")
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(try job.post().status == 0)
        #expect(job.log.annotations == [])
    }

    @Test func `revoke by ID ends a token of another job, which kept it on purpose`() throws {
        let first = try job("start")
        first.inputs["revoke"] = "false"
        try first.main()
        try first.post()
        let id = try #require(machine.cloud.liveTokens.first?.id)
        let last = try job("finish")
        // Another job's token is not this session's.
        #expect(try run("revoke", in: last).status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try run("revoke", in: last, ["token-id": id]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `what an earlier job of the same name left to others is not this job's`() throws {
        let first = try job("start")
        first.inputs["revoke"] = "false"
        let worker = try first.startMainInWorker()
        let kept = try #require(machine.cloud.liveTokens.first?.id, "\(worker.errorSoFar)")
        worker.signal(SIGKILL)
        kill(-worker.process, SIGKILL)
        _ = try worker.waitForExit()
        let second = try job("again")
        second.variables["GITHUB_JOB"] = "start"
        try second.main()
        #expect(machine.cloud.liveTokens.count == 2)
        let revoke = try run("revoke", in: second)
        #expect(revoke.status == 0 && revoke.error.contains("kept \(kept): an earlier job"), "\(revoke.log)")
        #expect(machine.cloud.liveTokens.map(\.id) == [kept])
        #expect(try run("revoke", in: second, ["token-id": kept]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `an empty ID is an error and does not stand for all tokens of the job`() throws {
        let job = try job()
        try job.main()
        let outcome = try run("revoke", in: job, ["token-id": job.outputs["no-such-output"] ?? ""])
        #expect(outcome.status == 64)
        #expect(outcome.error.contains("error: the input token-id is empty"))
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try run("revoke", in: job, ["token-id": "unset"]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a sweep without a scope says that it looks at this machine only`() throws {
        let job = try job()
        let sentence = "none of run, finished, and older-than is set, so only the records of this machine are looked at"
        let outcome = try run("sweep", in: job, ["finished": "false", "run": ""])
        #expect(outcome.status == 0 && outcome.error.contains(sentence), "\(outcome.error)")
        let both = try run("sweep", in: job, ["run": "true", "older-than": "1d"])
        #expect(both.status == 64)
        #expect(both.error.contains("the input run and the input older-than cannot be combined"), "\(both.error)")
    }

    @Test func `a revocation that fails, fails the step`() throws {
        let job = try job()
        try job.main()
        let stranger = "pul-" + String(repeating: "5", count: 40)
        #expect(try run("revoke", in: job, ["access-token": stranger]).status == 77)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(leaks(of: [stranger], in: job.log.text) == [])
    }

    @Test(arguments: ["revoke", "sweep"])
    func `only inputs choose: no variable names another cloud, credential or session`(stage: String) throws {
        let job = try job()
        try job.main()
        job.variables.merge([
            "PULUMI_TOKEN_CLOUD_URL": "http://127.0.0.1:9", "PULUMI_TOKEN_OIDC_ORG": "other",
            "PULUMI_TOKEN_DRY_RUN": "true", "PULUMI_TOKEN_ACCESS_TOKEN_FILE": "/nonexistent",
        ]) { $1 }
        #expect(try run(stage, in: job, ["run": "true"]).status == 0, "\(job.log.text)")
        // The sweep spares what a job still uses.
        #expect(machine.cloud.liveTokens.count == (stage == "revoke" ? 0 : 1))
    }

    @Test(arguments: ["revoke", "sweep"])
    func `an empty secret, as in a fork, is named and not passed over`(stage: String) throws {
        let job = try job()
        try job.main()
        let requests = machine.cloud.requests.count
        let outcome = try run(stage, in: job, ["access-token": "", "run": "true"])
        #expect(outcome.status == 77 && outcome.error.contains("access-token"), "\(outcome.error)")
        #expect(machine.cloud.requests.count == requests)
    }

    // MARK: Sweep

    private func seed(_ count: Int, age: Int64) {
        let description = "old [pulumi-token:{nonce}:0123456789abcdef]"
        _ = machine.cloud.plant(Seed(count: count, description: description, age: age))
    }

    @Test func `a sweep of the run ends what other jobs of it have left, and counts`() throws {
        let lost = try job("lost")
        try lost.main()
        // Its runner is gone, and its records with it.
        #expect(try Program("rm", ["-r", machine.sandbox.file("home")]).run().status == 0)
        try machine.sandbox.makeFolder("home")
        seed(1, age: 60)
        let last = try job("sweep")
        #expect(try run("sweep", in: last, ["run": "true", "dry-run": "true"]).status == 0, "\(last.log.text)")
        #expect(
            last.outputs == ["revoked": "0", "gone": "0", "spared": "0", "failed": "0", "would-revoke": "1"]
        )
        #expect(machine.cloud.liveTokens.count == 2)
        #expect(try run("sweep", in: last, ["run": "true"]).status == 0)
        #expect(
            last.outputs == ["revoked": "1", "gone": "0", "spared": "0", "failed": "0", "would-revoke": "0"]
        )
        #expect(machine.cloud.liveTokens.map { $0.description.hasPrefix("old ") } == [true])
    }

    @Test func `a sweep by age ends what is as old as that`() throws {
        seed(3, age: 100_000)
        seed(2, age: 60)
        let job = try job()
        #expect(try run("sweep", in: job, ["older-than": "1d"]).status == 0, "\(job.log.text)")
        #expect(job.outputs["revoked"] == "3")
        #expect(machine.cloud.liveTokens.count == 2)
    }

    @Test func `two scopes at once are refused, and a wrong one is named as the input that it is`() throws {
        let job = try job()
        #expect(try run("sweep", in: job, ["run": "true", "older-than": "1d"]).status == 64)
        let outcome = try run("sweep", in: job, ["older-than": "soon"])
        #expect(outcome.status == 64 && outcome.error.contains("the input older-than"), "\(outcome.error)")
        #expect(machine.cloud.requests.isEmpty)
    }
}
