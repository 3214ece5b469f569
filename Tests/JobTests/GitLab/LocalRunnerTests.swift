import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `gle` of the package gitlab-emulator, which runs GitLab's jobs on a machine of one's own.
private let runner = getenv("PULUMI_TOKEN_TESTS_GITLAB_RUNNER").map { String(cString: $0) }

/// The component under somebody else's idea of a runner, where such a program is named in
/// `PULUMI_TOKEN_TESTS_GITLAB_RUNNER`.
@Suite(.hangLimit, .ownThreads, .enabled(if: runner != nil)) struct LocalRunnerTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        let folder = try machine.sandbox.makeFolder("project")
        // It knows no inputs.
        let component = try Repository.text("templates/pulumi-token.yml").split(separator: "\n---\n").last ?? ""
        let jobs = String(component).replacing("$[[ inputs.executable ]]", with: "pulumi-token")
        var text = ""
        for piece in jobs.split(separator: "$[[") {
            text += text.isEmpty ? piece : piece[(piece.firstRange(of: "]]")?.upperBound ?? piece.startIndex)...]
        }
        try machine.sandbox.write(text, to: "project/component.yml")
        try machine.sandbox.write(
            """
            include:
              - local: component.yml
            deploy:
              extends: .pulumi-token
              script:
                - pulumi up --yes
            broken:
              extends: .pulumi-token
              script:
                - pulumi fail
            """,
            to: "project/.gitlab-ci.yml"
        )
        let git = """
            git init -q && git add -A &&
            git -c user.name=tests -c user.email=tests@example.com commit -qm tests
            """
        var program = Program("sh", ["-c", git])
        program.folder = folder
        guard try program.run().status == 0 else { throw BenchError("git") }
    }

    private func run(_ job: String) throws -> Outcome {
        var environment = try machine.jobEnvironment(adding: [
            "GITLAB_CI": "true", "CI_JOB_TIMEOUT": "600", "CI_SERVER_HOST": "gitlab.example.com",
            "PULUMI_BACKEND_URL": machine.cloud.url, "LC_ALL": "C.UTF-8",
        ])
        environment["PULUMI_TOKEN_CLOUD_URL"] = nil
        var program = Program(try #require(runner), [job], environment: environment)
        program.folder = machine.sandbox.file("project")
        return try program.run()
    }

    @Test(arguments: ["deploy", "broken"])
    func `a job has its token, and none is left when it succeeds or fails`(job: String) throws {
        let outcome = try run(job)
        #expect((outcome.status == 0) == (job == "deploy"), "\(outcome.log)")
        #expect(machine.pulumiCalls.map(\.token) == [.minted], "\(outcome.log)")
        #expect(machine.cloud.tokens(.minted).count == 1 && machine.cloud.liveTokens.isEmpty)
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
    }
}
