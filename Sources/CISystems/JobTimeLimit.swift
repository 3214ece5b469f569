internal import HostSystem

/// How long a system lets a job run: the natural life of its token.
package struct JobTimeLimit: Equatable, Sendable {
    package var seconds: Int64
    /// Who says so, as the end of a sentence: "CI_JOB_TIMEOUT".
    package var source: String

    private init(_ seconds: Int64, _ source: String) {
        self.seconds = seconds
        self.source = source
    }

    /// The limit of a job; nil where the system neither states nor documents one.
    ///
    /// Where a job can be given another limit without being told of it, this is what holds when nobody does.
    static func of(_ kind: CISystem.Kind, in environment: Environment) -> JobTimeLimit? {
        switch kind {
        // https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes
        case .gitHub: JobTimeLimit(6 * hour, "GitHub's default for timeout-minutes")
        case .gitea, .forgejo, .act: JobTimeLimit(6 * hour, "GitHub's default for timeout-minutes, which it follows")
        case .gitLab: stated(in: "CI_JOB_TIMEOUT", environment, unit: 1)
        // `false` when the step has none.
        case .buildkite: stated(in: "BUILDKITE_TIMEOUT", environment, unit: 60)
        // https://learn.microsoft.com/azure/devops/pipelines/process/phases#timeouts
        case .azure: JobTimeLimit(1 * hour, "Azure's default for timeoutInMinutes")
        // https://circleci.com/docs/guides/orchestrate/jobs-steps/
        case .circleCI: JobTimeLimit(5 * hour, "CircleCI's maximum job time")
        // https://support.atlassian.com/bitbucket-cloud/docs/step-options/#Max-time
        case .bitbucket: JobTimeLimit(2 * hour, "Bitbucket's default for max-time")
        // https://docs.travis-ci.com/user/customizing-the-build/#build-timeouts
        case .travis: JobTimeLimit(2 * hour, "Travis CI's maximum job time")
        case .teamCity, .woodpecker, .jenkins, .unknown, .plain: nil
        }
    }

    private static let hour: Int64 = 3600

    private static func stated(in variable: String, _ environment: Environment, unit: Int64) -> JobTimeLimit? {
        guard let count = environment.nonEmpty(variable).flatMap(Int64.init), count > 0 else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : JobTimeLimit(seconds, variable)
    }
}
