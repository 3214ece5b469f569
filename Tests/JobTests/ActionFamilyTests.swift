import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// The action on runners that understand GitHub's workflows in their own ways.
@Suite(.hangLimit, .ownThreads) struct ActionFamilyTests {
    private static let runners: [ShownLog.Runner] = [.gitHub, .gitea, .forgejo, .act]

    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func job(on runner: ShownLog.Runner) throws -> GitHubJob {
        let job = try GitHubJob(machine, on: runner)
        job.usesLauncher = true
        return job
    }

    @Test(arguments: runners)
    func `the token reaches later steps and outputs, and post ends it`(runner: ShownLog.Runner) throws {
        let job = try job(on: runner)
        #expect(try job.main().status == 0, "\(job.log.text)")
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == token.value)
        #expect(job.exported["PULUMI_ACCESS_TOKEN_ID"] == token.id)
        #expect(job.exported["PULUMI_BACKEND_URL"] == machine.cloud.url)
        #expect(job.outputs["token"] == token.value && job.outputs["revocable"] == "true")
        #expect(try job.step(["bash", "-e"], "pulumi up").status == 0)
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up")])
        #expect(try job.post().status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test(arguments: runners)
    func `no log shows a secret, whatever later steps print`(runner: ShownLog.Runner) throws {
        let job = try job(on: runner)
        try job.main()
        try job.step(
            ["bash"],
            """
            echo "$PULUMI_ACCESS_TOKEN"; echo "$PULUMI_ACCESS_TOKEN" >&2; env
            printf 'user:%s' "$PULUMI_ACCESS_TOKEN" | base64 -w0; echo
            printf 'x%s' "$PULUMI_ACCESS_TOKEN" | base64 -w0 | tr '+/' '-_'; echo
            printf %s "$PULUMI_ACCESS_TOKEN" | xxd -p; printf %s "$PULUMI_ACCESS_TOKEN" | xxd -p -u -c0
            """
        )
        try job.post()
        let secrets = machine.mintedValues + [machine.parent]
        #expect(leaks(of: secrets, in: job.log.text) == [])
        #expect(job.log.text.contains("***"))
        #expect(leaks(of: secrets, in: job.text("summary") + job.text("state")) == [])
    }

    @Test(arguments: runners)
    func `a failure is an annotation that holds no secret`(runner: ShownLog.Runner) throws {
        let job = try job(on: runner)
        job.inputs["ttl"] = machine.parent
        #expect(try job.main().status == 64)
        #expect(job.exported == [:] && job.outputs == [:])
        #expect(leaks(of: [machine.parent], in: job.log.text + job.log.annotations.joined()) == [])
        #expect(try job.post().status == 0)
        #expect(machine.cloud.requests.isEmpty)
    }
}
