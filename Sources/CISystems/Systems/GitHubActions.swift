internal import HostSystem
internal import Supervision

extension CISystem {
    /// GitHub Actions, also on GitHub Enterprise. https://docs.github.com/actions/reference/variables-reference
    static func gitHubActions(in environment: Environment) -> CISystem? {
        guard environment.isTrue("GITHUB_ACTIONS") else { return nil }
        var system = gitHubCompatible(.gitHub, "GitHub Actions", in: environment, dialect: .escaped)
        // The runner gives up on the output of a step 5 s after its shell has ended, and ends what is left after the posts.
        system.ending = JobEnding(afterInterrupt: .seconds(9), afterTermination: .seconds(5))
        guard let job = system.job else { return system }
        if let server = job.server, let repository = job.repository {
            let attempt = job.attempt.map { "/attempts/\($0)" } ?? ""
            system.job?.url = "\(server)/\(repository)/actions/runs/\(job.run)\(attempt)"
        }
        // Jobs of a matrix differ in the runner, which has one job at a time. Not RUNNER_TRACKING_ID: who starts a server
        // for later steps changes it.
        system.sessionID = canonicalLine(job.canonicalRun, job.job, environment["RUNNER_NAME"])
        return system
    }
}
