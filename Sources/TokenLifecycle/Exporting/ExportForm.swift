/// One way in which a job gets its token.
package enum ExportForm: Equatable, Sendable {
    /// The outputs of a step of the GitHub action.
    case outputs
    /// The environment file of later steps.
    case github
    /// A script to be sourced; without a path in the directory of the lease.
    case file(String?)
    case dotenv(String)
    case shell, stdout, json, azure, circleci, buildkite
    /// The environment of the command that `exec` runs.
    case command
    /// Variables by which the job's Pulumi CLI asks for a token.
    case helper
    case nothing

    /// Whether the job's later commands find what comes with the token, so that isolation makes sense.
    var reachesEnvironment: Bool { ![.outputs, .stdout, .json, .nothing].contains(self) }
}
