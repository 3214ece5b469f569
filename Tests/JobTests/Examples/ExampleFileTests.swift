import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// Every file of `examples/`, run as its system would run it.
@Suite(.hangLimit, .ownThreads(.first)) struct ExampleFileTests {
    private static let names = ["github", "gitlab", "make"].flatMap { folder in
        (try? Repository.names(in: "examples/\(folder)"))?.map { "\(folder)/\($0)" } ?? []
    }

    @Test(arguments: names)
    func `an example has a token for its commands, ends it, and shows it nowhere`(name: String) throws {
        let folder = String(name.prefix { $0 != "/" })
        let kind = folder == "make" ? "make deploy check" : folder
        try ExampleRun(kind: kind, text: try Repository.text("examples/\(name)")).check(name)
    }

    @Test(arguments: ExampleRun.Failure.allCases, names)
    func `where a mint fails, no command of an example sees the parent credential`(
        failure: ExampleRun.Failure,
        name: String
    ) throws {
        let folder = String(name.prefix { $0 != "/" })
        let kind = folder == "make" ? "make deploy check" : folder
        let example = ExampleRun(kind: kind, text: try Repository.text("examples/\(name)"))
        guard example.runsPulumi, example.canFail(by: failure) else { return }
        try example.checkFailure(failure, name)
    }

    @Test func `there is nothing in examples that no test runs`() throws {
        #expect(try Repository.names(in: "examples") == ["github", "gitlab", "image", "make"])
        #expect(Self.names.count >= 10)
    }

    @Test func `the matrix has a token for each job, and each is told from the other`() throws {
        let machine = try ExampleRun.machine()
        for plan in try PlannedJob.all("github", in: try Repository.text("examples/github/matrix.yml")) {
            #expect(try GitHubWorkflowJob(machine, plan).run())
        }
        let texts = machine.cloud.tokens(.minted).map { $0.description.prefix { $0 != "[" } }
        #expect(texts == ["deploy of staging ", "deploy of production "])
    }

    @Test func `jobs share a token by its ID, because GitHub drops an output that would show the token`() throws {
        let machine = try ExampleRun.machine()
        let text = try Repository.text("examples/github/several-jobs.yml")
        var plans = try PlannedJob.all("github", in: text)
        #expect(plans.map(\.name) == ["start", "test", "finish"])
        plans[0].outputs?["token"] = "${{ steps.token.outputs.token }}"
        let start = try GitHubWorkflowJob(machine, plans[0])
        #expect(try start.run())
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(start.outputs == ["token-id": token.id])
        #expect(try GitHubWorkflowJob(machine, plans[2], needs: ["start": start.outputs]).run())
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    /// Against a run API on this machine, whose address the runner gives.
    @Test func `a nightly sweep on GitHub ends what runs that are over have left, and no running deployment`() throws {
        let (machine, runs) = (try ExampleRun.machine(), try RunAPI())
        defer { runs.stop() }
        machine.environment["GITHUB_API_URL"] = runs.url
        for (run, status, code) in [("1", "completed", 200), ("2", "in_progress", 200), ("3", "completed", 403)] {
            try runs.answer(run: run, status, code: code)
            let job = try GitHubJob(machine, named: "run-\(run)")
            job.variables = ["GITHUB_RUN_ID": run, "RUNNER_NAME": run]
            #expect(try job.main().status == 0)
        }
        for plan in try PlannedJob.all("github", in: try Repository.text("examples/github/nightly-sweep.yml")) {
            let job = try GitHubWorkflowJob(machine, plan)
            #expect(try job.run(), "\(job.shown)")
            #expect(!job.shown.contains(RunAPI.token))
        }
        #expect(Self.runs(of: machine) == ["2.1", "3.1"])
    }

    @Test func `a nightly sweep on GitLab ends what jobs that are over have left, and no running deployment`() throws {
        let (machine, runs) = (try ExampleRun.machine(), try RunAPI())
        defer { runs.stop() }
        let api = ["CI_API_V4_URL": runs.url, "CI_JOB_TOKEN": RunAPI.token]
        let mint = try PlannedJob.all("gitlab", in: "deploy:\n  script:\n    - pulumi-token mint --export none\n")
        for (job, status, code) in [("1", "failed", 200), ("2", "running", 200), ("3", "success", 502)] {
            try runs.answer(job: job, of: "815", status, code: code)
            let first = try GitLabJob(machine, mint[0])
            first.variables.merge(api.merging(["CI_JOB_ID": job]) { $1 }) { $1 }
            #expect(try first.run(), "\(first.output)")
        }
        let text = try Repository.text("examples/gitlab/nightly-sweep.gitlab-ci.yml")
        for plan in try PlannedJob.all("gitlab", in: text) {
            let job = try GitLabJob(machine, plan)
            job.variables.merge(api.merging(["PULUMI_TOKEN_DEADLINE": "8s"]) { $1 }) { $1 }
            #expect(try job.run(), "\(job.output)")
        }
        let texts = machine.cloud.liveTokens.map(\.description)
        #expect(texts.count == 2 && !texts.contains { $0.contains(" job 1 ") }, "\(texts)")
    }

    /// The runs whose tokens live.
    private static func runs(of machine: BuildMachine) -> [String] {
        machine.cloud.liveTokens.map { String($0.description.split(separator: " ")[3]) }.sorted()
    }

    /// As auditors of workflows ask for it.
    @Test(arguments: names.filter { $0.hasPrefix("github/") })
    func `an example of a workflow is pinned, keeps no credential of Git's, and asks for what it needs`(
        name: String
    ) throws {
        let lines = try Repository.text("examples/\(name)").split(separator: "\n").map(String.init)
        let uses = lines.indices.filter { lines[$0].contains("uses: ") }
        #expect(!uses.isEmpty)
        for index in uses {
            let isPinned = lines[index].contains(/@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$/)
            #expect(isPinned, "\(lines[index])")
            guard lines[index].contains("actions/checkout@") else { continue }
            #expect(lines[index + 2].hasSuffix("persist-credentials: false"))
        }
        #expect(lines.contains { $0.hasPrefix("permissions:") })
    }

    @Test func `make without a goal of the list needs no token`() throws {
        let project = try MakeProject(try Repository.text("examples/make/Makefile"))
        try project.write(try Repository.text("integrations/pulumi-token.mk"), to: "pulumi-token.mk")
        #expect(try project.make().output == "testing\n")
        #expect(project.mints == 0)
    }

    @Test func `a sweep ends what a runner that was shut down has left`() throws {
        let machine = try ExampleRun.machine()
        let plans = try PlannedJob.all("github", in: try Repository.text("examples/github/self-hosted.yml"))
        #expect(plans.map(\.name) == ["deploy", "sweep"])
        try GitHubWorkflowJob(machine, plans[0]).runWithoutPost()
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try GitHubWorkflowJob(machine, plans[1]).run())
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    /// With a stored credential, and without one: all that the component does for a job it does for the last one.
    @Test(arguments: [".pulumi-token", ".pulumi-token-oidc"])
    func `a sweep ends what a runner of GitLab that was killed has left, and its own token after it`(
        base: String
    ) throws {
        let machine = try ExampleRun.machine()
        let text = try Repository.text("examples/gitlab/sweep.gitlab-ci.yml")
            .replacing("pulumi up", with: "pulumi wait")
            .replacing("extends: .pulumi-token", with: "extends: \(base)")
            .replacing("pulumi-token@1.2.3", with: "pulumi-token@1.2.3\n    inputs: {oidc-org: acme, oidc-user: alice}")
        let plans = try PlannedJob.all("gitlab", in: text)
        #expect(plans.map(\.name) == ["deploy", "sweep"])
        try GitLabJob(machine, plans[0]).run(.killed, at: "pulumi: waiting")
        let left = machine.cloud.liveTokens.map(\.id)
        #expect(left.count == 1)
        let sweep = try GitLabJob(machine, plans[1])
        #expect(try sweep.run(), "\(sweep.output)")
        #expect(machine.cloud.liveTokens.isEmpty)
        let own = machine.cloud.tokens(.minted).map(\.id).filter { !left.contains($0) }
        #expect(own.count == 1 && sweep.statuses == [0, 0])
        // Here the same machine knows that the job is over, before the sweep has looked.
        #expect(sweep.outputs[0].contains("revoked \(left[0]), whose job has ended"))
        #expect(sweep.outputs[0].contains("\(own[0])  spared"))
        #expect(sweep.outputs[0].contains("revoked \(own[0])"))
    }
}
