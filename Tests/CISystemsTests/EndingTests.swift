import CISystems
import HostSystem
import Supervision
import TestBench
import Testing

/// How each system ends a job.
@Suite struct EndingTests {
    private func ending(_ variables: [String: String], _ changes: [String: String?] = [:]) -> JobEnding {
        CISystem.detect(in: Environment(variables).replacing(changes), files: .fixed()).ending
    }

    @Test(
        arguments: [
            (JobEnvironment.gitHub, 9, 5), (JobEnvironment.azure, 9, 5), (JobEnvironment.buildkite, 8, 8),
            (JobEnvironment.jenkins, nil, 4), (JobEnvironment.gitLab, nil, 5), (JobEnvironment.gitea, nil, 8),
            (JobEnvironment.forgejo, nil, 8), (JobEnvironment.act, nil, 8), (JobEnvironment.circleCI, nil, 8),
            (JobEnvironment.bitbucket, nil, 8), (JobEnvironment.unknown, nil, 8), (JobEnvironment.plain, nil, 8),
        ] as [([String: String], Int?, Int)]
    )
    func `seconds after SIGINT and SIGTERM`(variables: [String: String], interrupt: Int?, termination: Int) {
        let ending = ending(variables)
        #expect(ending.afterInterrupt == interrupt.map { .seconds($0) })
        #expect(ending.afterTermination == .seconds(termination))
        #expect(ending.afterLast == .seconds(3))
        #expect(ending.watchesShells == (variables != JobEnvironment.plain), "only in CI")
    }

    @Test func `Buildkite states its grace`() {
        let ending = ending(JobEnvironment.buildkite, ["BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS": "29"])
        #expect(ending.afterTermination == .seconds(28) && ending.afterInterrupt == .seconds(28))
    }

    @Test(arguments: ["", "0", "-5", "soon", "-9223372036854775808", "9223372036854775807"])
    func `a grace that cannot be is no reason to revoke at once`(grace: String) {
        let ending = ending(JobEnvironment.buildkite, ["BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS": grace])
        #expect((ending.afterTermination ?? .zero) >= .seconds(1))
    }

    @Test func `only where every process is told is the command left to the system`() {
        #expect(ending(JobEnvironment.gitLab, ["CI_SHARED_ENVIRONMENT": nil]).tellsEveryProcess)
        #expect(ending(JobEnvironment.jenkins).tellsEveryProcess)
        for variables in [JobEnvironment.gitHub, JobEnvironment.buildkite, JobEnvironment.unknown] {
            #expect(!ending(variables).tellsEveryProcess)
        }
    }

    @Test func `GitLab's shell has ten minutes, and tells its own group only`() {
        let ending = ending(JobEnvironment.gitLab, ["CI_SHARED_ENVIRONMENT": "true"])
        #expect(ending.afterTermination == .seconds(590) && !ending.tellsEveryProcess)
    }
}
