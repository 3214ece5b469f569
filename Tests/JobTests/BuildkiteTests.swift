import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// What `mint` does with Buildkite's agent, through the executable.
@Suite(.hangLimit) struct BuildkiteTests {
    private let machine: BuildMachine
    private let job: StepJob

    init() throws {
        machine = try BuildMachine()
        job = try StepJob(machine, on: .buildkite)
    }

    private func setAgent(_ script: String) throws {
        try write(Array("#!/bin/sh\n\(script)\n".utf8), to: machine.programs() + "/buildkite-agent", mode: 0o755)
    }

    private let script = ". \"$(pulumi-token mint)\"\necho \"$? ${PULUMI_ACCESS_TOKEN-gone}\"\n"

    @Test func `an agent that refuses fails the mint, and nothing runs with the stored credential`() throws {
        try setAgent("echo 'no such command' >&2; exit 1")
        let outcome = try job.run(["bash"], script)
        #expect(outcome.output == "73 gone\n", "\(outcome.log)")
        #expect(outcome.error.contains("buildkite-agent"))
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
    }

    @Test func `no secret is in the agent's arguments or environment, and what it says is not shown`() throws {
        let record = machine.sandbox.file("record")
        try setAgent("printf '%s\\n' \"$@\" >> '\(record)'; env >> '\(record)'; cat | tee '\(record).input' >&2")
        let outcome = try job.run(["bash"], ". \"$(pulumi-token mint)\"\n")
        #expect(outcome.status == 0, "\(outcome.log)")
        let secrets = machine.mintedValues + [machine.parent]
        #expect(leaks(of: secrets, in: text(of: record) ?? "") == [])
        #expect(leaks(of: secrets, in: outcome.log) == [])
        #expect(text(of: record)?.contains("redactor\nadd\n--format\njson\n") == true)
        #expect(text(of: record + ".input")?.contains(machine.mintedValues[0]) == true)
    }

    @Test func `without the job's interface nothing is asked, and the token is handed over all the same`() throws {
        try setAgent("exit 1")
        let outcome = try job.run(["bash"], script, adding: ["BUILDKITE_AGENT_JOB_API_SOCKET": ""])
        #expect(outcome.output == "0 \(machine.mintedValues[0])\n")
        #expect(leaks(of: machine.mintedValues, in: outcome.error) == [])
    }
}
