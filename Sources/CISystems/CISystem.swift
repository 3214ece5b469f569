package import HostSystem
internal import Secrets
package import Supervision

/// The CI system that a job runs on: who the job is, where its files go, and what the system can mask, remember and show.
///
/// What a system cannot do is nil or `.none` here, so that nobody has to ask for its name.
package struct CISystem: Sendable {
    /// Which of the systems that are known.
    package let kind: Kind
    /// For people, and the default `reason` of a token: "GitHub Actions".
    package let name: String
    /// Whether nobody sits in front of it: a stored login must not be used without being asked for.
    package let isCI: Bool
    /// Which run and job this is; nil when the system does not say.
    package var job: JobIdentity?
    /// Where to ask whether a run is over; nil where nobody tells.
    package var runs: RunService?
    /// Who started it, and of which commit it is, as far as the system says.
    package var provenance = Provenance()
    /// The same in all steps of this job and in no other job, on one printable line of any length; nil when nothing
    /// that the system says is that.
    package var sessionID: String?
    package var places: Places
    /// Where the system runs one job at a time, on this machine: a later job there is the end of an earlier one.
    package var slot: String?
    package var masking: Masking = .none
    /// The files that carry values to later steps, on GitHub and what follows it; else nil.
    package var environmentFiles: EnvironmentFiles?
    /// The file that puts folders on the path of later steps, where the system has one.
    package var searchPath: SearchPathFile?
    /// The file whose Markdown is shown with the run.
    package var stepSummary: StepSummary?
    /// How the system ends a job, and how much time it leaves then.
    package var ending: JobEnding
    /// How long the system lets the job run; nil when nobody says.
    package var timeLimit: JobTimeLimit?
    /// How the job comes by an identity token.
    package var identity: IdentityProvision = .unknown
    var forkEvidence: ForkEvidence = .none
    /// Whether what a shell of the job exports may reach the rest of the job.
    package var handsVariablesOn = false
    /// Whether the job's branch or tag is one that protected secrets do not reach.
    package var isUnprotected = false
    /// Whether no other run has the number of this one.
    var hasUniqueRuns = true
    /// The session with which those of a whole build begin, for a step that belongs to all of them; else nil.
    package var wholeBuildSession: String?
    /// The names of other systems of which the job has the variables too, so that nobody knows who reads the log.
    package var contradicting: [String] = []
    package var annotations: AnnotationStyle = .none
    package var folding: FoldStyle = .none
    /// Whether a section may stand anywhere in a job's own log: sections have an end there, and may lie in each other.
    package var foldsCommands = false
    /// Whether the system was asked to log more than usual, on GitLab each command with its expanded values.
    package var isTracing = false

    init(_ kind: Kind, _ name: String, isCI: Bool = true, places: Places) {
        self.kind = kind
        self.name = name
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
        // Later steps show their variables in a log that nothing masks.
        environmentFiles == nil || !contradicting.isEmpty ? .file : .github
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

    /// The same for an audit log: where a person can look at the run.
    package var auditReason: String { job?.url ?? name }
}

extension CISystem {
    /// For machines: "github".
    package var identifier: String { kind.rawValue }

    /// Seconds after which the system ends the job.
    package var jobTimeLimit: Int64? { timeLimit?.seconds }

    /// Whether the job works for a pull request from another repository.
    package var isFork: Bool { forkEvidence.isFork }

    /// The same on every machine that works for this run, and in no other run; nil when nothing is that.
    package var canonicalRun: String? { hasUniqueRuns ? job?.canonicalRun : nil }

    /// Whether a step of this job that is told no session speaks for this one.
    package func covers(session: String) -> Bool {
        if let build = wholeBuildSession { return session == build || session.hasPrefix(build + "|") }
        return session == sessionID
    }

    /// Why a log that could be masked is not, for people; nil when nothing is odd.
    package var maskingNotice: String? {
        guard !contradicting.isEmpty else {
            guard kind == .buildkite, masking == .none else { return nil }
            return "this Buildkite agent has no job API, so nothing can be masked"
        }
        return
            "the job has the variables of \(([name] + contradicting).joined(separator: " and of ")), so nothing is masked"
    }
}

extension CISystem {
    /// Recognises the system by its variables.
    package static func detect(in environment: Environment, files: FileProbe = .system) -> CISystem {
        let found = Kind.allCases.compactMap { $0.recognise(environment, files) }
        var system = found.first ?? plainMachine(in: environment)
        system.timeLimit = JobTimeLimit.of(system.kind, in: environment)
        system.provenance = Provenance.of(system.kind, in: environment)
        if let service = IdentityProvision.service(in: environment) { system.identity = service }
        system.runs = RunService.of(system, in: environment)
        system.contradicting = found.dropFirst().filter { !system.kind.agrees(with: $0.kind) }.map(\.name)
        // A line that masks in one system is printed by another, and with it the secret.
        if !system.contradicting.isEmpty { system.masking = .none }
        // Names of jobs travel to the cloud and into records.
        system.job = system.job?.withoutCredentials
        system.sessionID = system.sessionID.map(UserText.hidingCredentials)
        system.wholeBuildSession = system.wholeBuildSession.map(UserText.hidingCredentials)
        return system
    }
}

extension Environment {
    /// Whether a variable says yes; systems write `true`, `True` and `1`.
    func isTrue(_ name: String) -> Bool {
        guard let value = nonEmpty(name) else { return false }
        return !["false", "0", "no", "off"].contains(value.lowercased())
    }
}
