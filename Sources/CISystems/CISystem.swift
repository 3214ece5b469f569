package import HostSystem
package import Supervision

/// The CI system that a job runs on: who the job is, where its files go, and what the system can mask, remember and show.
///
/// What a system cannot do is nil or `.none` here, so that nobody has to ask for its name.
package struct CISystem: Sendable {
    /// For people, and the default `reason` of a token: "GitHub Actions".
    package let name: String
    /// For machines: "github".
    package let identifier: String
    /// Whether nobody sits in front of it: a stored login must not be used without being asked for.
    package let isCI: Bool
    /// Which run and job this is; nil when the system does not say.
    package var job: JobIdentity?
    /// The same in all steps of this job and in no other job, on one printable line of any length; nil when nothing
    /// that the system says is that.
    package var sessionID: String?
    package var places: Places
    package var masking: Masking = .none
    /// The files that carry values to later steps, on GitHub and what follows it; else nil.
    package var environmentFiles: EnvironmentFiles?
    /// The file that puts folders on the path of later steps, where the system has one.
    package var searchPath: SearchPathFile?
    /// The file whose Markdown is shown with the run.
    package var stepSummary: StepSummary?
    /// Seconds after which the system ends the job: the natural life of its token.
    package var jobTimeLimit: Int64?
    /// How the system ends a job, and how much time it leaves then.
    package var ending: JobEnding
    package var annotations: AnnotationStyle = .none
    package var folding: FoldStyle = .none
    /// Whether a section may stand anywhere in a job's own log: sections have an end there, and may lie in each other.
    package var foldsCommands = false
    /// Whether the system was asked to log more than usual, on GitLab each command with its expanded values.
    package var isTracing = false

    init(_ name: String, identifier: String, isCI: Bool = true, places: Places) {
        self.name = name
        self.identifier = identifier
        self.isCI = isCI
        self.places = places
        ending = isCI ? .elsewhere : .person
    }
}

extension CISystem {
    /// What `--export auto` means.
    package enum AutomaticExport: Sendable, Equatable {
        /// Through the file in `GITHUB_ENV`.
        case github
        /// As a script to be sourced.
        case file
    }

    package var automaticExport: AutomaticExport {
        environmentFiles == nil ? .file : .github
    }

    /// Whether a value that was registered is known to be masked wherever the log shows it.
    package var provesMasking: Bool { masking != .none }

    /// Whether a secret on stdout that a shell evaluates would be readable in the log.
    package var revealsEvaluatedText: Bool { isTracing && !provesMasking }

    /// The token's description when nobody gives one: `github ORG/REPO run 123.1 deploy`.
    ///
    /// May hold any character.
    package var defaultDescription: String {
        job?.description ?? (places.person.isEmpty ? identifier : "\(identifier) \(places.person)")
    }

    /// The `reason` of the request when nobody gives one.
    package var defaultReason: String { name }
}

extension CISystem {
    /// Recognises the system by its variables, the most specific first: those that imitate another also set the
    /// other's variables.
    package static func detect(in environment: Environment, files: FileProbe = .system) -> CISystem {
        forgejo(in: environment)
            ?? gitea(in: environment)
            ?? act(in: environment)
            ?? gitHubActions(in: environment)
            ?? gitLab(in: environment, files: files)
            ?? azurePipelines(in: environment)
            ?? circleCI(in: environment)
            ?? buildkite(in: environment, files: files)
            ?? bitbucket(in: environment)
            ?? teamCity(in: environment)
            ?? travis(in: environment)
            ?? woodpecker(in: environment)
            ?? jenkins(in: environment)
            ?? unknownSystem(in: environment)
            ?? plainMachine(in: environment)
    }
}

extension Environment {
    /// Whether a variable says yes; systems write `true`, `True` and `1`.
    func isTrue(_ name: String) -> Bool {
        guard let value = nonEmpty(name) else { return false }
        return !["false", "0", "no", "off"].contains(value.lowercased())
    }
}
