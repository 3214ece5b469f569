import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// What `mint` does with Buildkite's agent, through the executable.
@Suite(.hangLimit, .ownThreads) struct BuildkiteTests {
    private let machine: BuildMachine
    private let job: StepJob
    private let agent: BuildkiteAgent

    init() throws {
        machine = try BuildMachine()
        job = try StepJob(machine, on: .buildkite)
        agent = try #require(job.agent)
    }

    private let script = ". \"$(pulumi-token mint)\"\necho \"$? ${PULUMI_ACCESS_TOKEN-gone}\"\n"

    @Test func `an agent that refuses fails the mint, and nothing runs with the stored credential`() throws {
        agent.answer(.status(500))
        let outcome = try job.run(["bash"], script)
        #expect(outcome.output == "73 gone\n", "\(outcome.log)")
        #expect(outcome.error.contains("cannot use the job API of Buildkite's agent: status 500"))
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
    }

    @Test func `every form is told through the socket, also where there is no program of the agent`() throws {
        try write(Array("#!/bin/sh\nexit 1\n".utf8), to: machine.programs() + "/buildkite-agent", mode: 0o755)
        let outcome = try job.run(["bash"], ". \"$(pulumi-token mint)\"\n")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(agent.redactions.contains(machine.mintedValues[0]) && agent.redactions.contains(machine.parent))
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
    }

    @Test(arguments: [[], ["--no-redact"]])
    func `exec registers too, whether it redacts or not`(options: [String]) throws {
        let outcome = try job.run(["bash"], "pulumi-token exec \(options.joined(separator: " ")) -- true\n")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(agent.redactions.contains(machine.mintedValues[0]))
    }

    @Test func `exec redacts by itself where the agent refuses`() throws {
        agent.answer(.status(500))
        let outcome = try job.run(["bash"], "pulumi-token exec -- printenv PULUMI_ACCESS_TOKEN\n")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(outcome.error.contains("warning: cannot use the job API of Buildkite's agent"))
        #expect(leaks(of: machine.mintedValues, in: outcome.log) == [])
    }

    @Test func `a mint in a command reaches the later phases of the job, and prints only where somebody takes it`()
        throws
    {
        let bare = try job.run(["bash"], "pulumi-token mint --export buildkite\n")
        #expect(bare.status == 0, "\(bare.log)")
        #expect(agent.environment["PULUMI_ACCESS_TOKEN"] == machine.mintedValues[0])
        #expect(agent.environment["PULUMI_ACCESS_TOKEN_ID"] != nil)
        let hook = try job.run(
            ["bash"],
            "eval \"$(pulumi-token mint --export buildkite)\"; echo \"$PULUMI_ACCESS_TOKEN\"\n"
        )
        #expect(hook.output == machine.mintedValues[1] + "\n", "\(hook.log)")
    }

    @Test
    func `without the job's interface nothing is masked, which is said, and the token is handed over all the same`()
        throws
    {
        let outcome = try job.run(["bash"], script, adding: ["BUILDKITE_AGENT_JOB_API_SOCKET": ""])
        #expect(outcome.output == "0 \(machine.mintedValues[0])\n")
        #expect(outcome.error.contains("this Buildkite agent has no job API"))
        #expect(leaks(of: machine.mintedValues, in: outcome.error) == [])
    }
}
