import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// Every file of `examples/`, run as its system would run it.
@Suite(.hangLimit) struct ExampleFileTests {
    private static let names = ["github", "gitlab", "make"].flatMap { folder in
        (try? Repository.names(in: "examples/\(folder)"))?.map { "\(folder)/\($0)" } ?? []
    }

    @Test(arguments: names)
    func `an example has a token for its commands, ends it, and shows it nowhere`(name: String) throws {
        let folder = String(name.prefix { $0 != "/" })
        let kind = folder == "make" ? "make deploy check" : folder
        try ExampleRun(kind: kind, text: try Repository.text("examples/\(name)")).check(name)
    }

    @Test func `there is nothing in examples that no test runs`() throws {
        #expect(try Repository.names(in: "examples") == ["github", "gitlab", "make"])
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
            .replacing("pulumi-token@1", with: "pulumi-token@1\n    inputs: {oidc-org: acme, oidc-user: alice}")
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
        #expect(sweep.outputs[0].contains("\(left[0])  revoked") && sweep.outputs[0].contains("\(own[0])  spared"))
        #expect(sweep.outputs[1].contains("revoked \(own[0])"))
    }
}
