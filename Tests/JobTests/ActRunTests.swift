import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `act`, which runs GitHub's workflows on a machine of one's own.
private let act = getenv("PULUMI_TOKEN_TESTS_ACT").map { String(cString: $0) }

/// The action and its sub-actions under somebody else's idea of a runner, without containers, where that program is named
/// in `PULUMI_TOKEN_TESTS_ACT`.
@Suite(.hangLimit, .ownThreads, .enabled(if: act != nil)) struct ActRunTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        try machine.removeInstalledExecutable()
        let folder = try machine.sandbox.makeFolder("project")
        for name in ["project/dist", "project/scripts", "project/.github", "project/.github/workflows"] {
            try machine.sandbox.makeFolder(name)
        }
        let script = """
            cd '\(Repository.root)' && cp -R action.yml setup revoke sweep '\(folder)' &&
            cp -R scripts/action '\(folder)/scripts' && cp '\(Executable.path)' '\(folder)/dist' && cd '\(folder)' &&
            git init -q && git remote add origin https://github.com/acme/app && git add -A -f &&
            git -c user.name=tests -c user.email=tests@example.com commit -qm tests
            """
        let outcome = try Program("sh", ["-c", script]).run()
        guard outcome.status == 0 else { throw BenchError(outcome.error) }
    }

    private func run(_ steps: String) throws -> Outcome {
        let inputs = """
              access-token: ${{ secrets.PULUMI_ACCESS_TOKEN }}
              cloud-url: \(machine.cloud.url)
              ca-file: \(machine.caFile)
            """
        let workflow = """
            on: workflow_dispatch
            jobs:
              deploy:
                runs-on: ubuntu-latest
                steps:
                  - uses: actions/checkout@v5

            """ + steps.replacing("INPUTS", with: inputs.replacing("\n", with: "\n        "))
        try machine.sandbox.write(workflow, to: "project/.github/workflows/try.yml")
        try machine.sandbox.write("PULUMI_ACCESS_TOKEN=\(machine.parent)\n", to: "secrets")
        var environment = try machine.jobEnvironment()
        environment = environment.filter { !$0.key.hasPrefix("PULUMI_") }
        let runner = ["-P", "ubuntu-latest=-self-hosted"]
        let words = ["workflow_dispatch"] + runner + ["--secret-file", machine.sandbox.file("secrets")]
        var program = Program(try #require(act), words, environment: environment)
        program.folder = machine.sandbox.file("project")
        return try program.run()
    }

    @Test func `a job installs, mints, revokes and sweeps`() throws {
        _ = machine.cloud.plant(Seed(description: "old [pulumi-token:{nonce}:0123456789abcdef]", age: 100))
        let outcome = try run(
            """
                  - uses: ./setup
                  - run: pulumi-token --version
                  - uses: ./
                    with:
                    INPUTS
                  - run: pulumi up
                  - uses: ./revoke
                    with:
                    INPUTS
                  - id: sweep
                    uses: ./sweep
                    with:
                      older-than: 60s
                    INPUTS
                  - run: echo "swept ${{ steps.sweep.outputs.revoked }}, failed ${{ steps.sweep.outputs.failed }}"

            """
        )
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(outcome.log.contains("swept 1, failed 0"), "\(outcome.log)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up")])
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
    }

    @Test func `a job that fails is revoked by the post step`() throws {
        let outcome = try run(
            """
                  - uses: ./
                    with:
                    INPUTS
                  - run: pulumi fail

            """
        )
        #expect(outcome.status != 0)
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "fail")])
        #expect(machine.cloud.liveTokens.isEmpty)
    }
}
