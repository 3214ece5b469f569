internal import HostSystem
package import JSON
internal import Secrets

/// The API by which a CI system tells whether a run is over.
///
/// Its address comes from the system's own variables only.
package struct RunService: Equatable, Sendable {
    private enum Dialect: Sendable {
        /// https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run
        case gitHub
        /// https://docs.gitlab.com/api/jobs/#retrieve-a-job-by-job-id
        case gitLab
    }

    /// The system, for people.
    package let name: String
    /// The variable in which a job has a token for it.
    package let tokenVariable: String
    /// The authorities of a server that has its own.
    package let caFile: String?
    private let dialect: Dialect
    private let url: String
    private let identifier: String
    private let server: String?

    /// nil where the system has no such API, or does not say where.
    static func of(_ system: CISystem, in environment: Environment) -> RunService? {
        switch system.kind {
        case .gitHub:
            environment.nonEmpty("GITHUB_API_URL").map {
                RunService(.gitHub, at: $0, of: system, environment["GITHUB_SERVER_URL"], tokenVariable: "GITHUB_TOKEN")
            }
        case .gitLab:
            environment.nonEmpty("CI_API_V4_URL").map {
                RunService(
                    .gitLab,
                    at: $0,
                    of: system,
                    environment["CI_SERVER_URL"],
                    tokenVariable: "CI_JOB_TOKEN",
                    caFile: environment.nonEmpty("CI_SERVER_TLS_CA_FILE")
                )
            }
        default: nil
        }
    }

    private init(
        _ dialect: Dialect,
        at url: String,
        of system: CISystem,
        _ server: String?,
        tokenVariable: String,
        caFile: String? = nil
    ) {
        self.dialect = dialect
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.server = server
        self.tokenVariable = tokenVariable
        self.caFile = caFile
        name = system.name
        identifier = system.identifier
    }
}

extension RunService {
    /// The run that a text names; nil when it names none of this system.
    ///
    /// - Parameter isOf: whether the canonical line of a run is that of the token.
    package func reference(in text: String, where isOf: (_ canonicalRun: String) -> Bool) -> RunReference? {
        guard let reference = RunReference(in: text, of: identifier), segments(of: reference) != nil else { return nil }
        let job = JobIdentity(
            system: identifier,
            server: server.flatMap { $0.isEmpty ? nil : $0 },
            repository: reference.repository,
            run: reference.run,
            attempt: reference.attempt
        )
        guard isOf(job.canonicalRun), dialect == .gitHub || reference.job != nil else { return nil }
        return reference
    }

    /// Where to ask; nil when that could be another place of the API.
    package func url(for reference: RunReference) -> String? {
        segments(of: reference).map { url + "/" + $0.joined(separator: "/") }
    }

    private func segments(of reference: RunReference) -> [String]? {
        let parts = reference.repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts.allSatisfy(Self.isPlain) else { return nil }
        switch dialect {
        case .gitHub: return parts.count == 2 ? ["repos"] + parts + ["actions", "runs", reference.run] : nil
        case .gitLab: return ["projects", parts.joined(separator: "%2F"), "jobs", reference.job ?? "0"]
        }
    }

    /// Whether it needs no encoding in a URL, and is no step up.
    private static func isPlain(_ part: String) -> Bool {
        !part.isEmpty && part != "." && part != ".."
            && part.utf8.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) }
    }

    /// What authorizes a request.
    ///
    /// - Parameter isOfJob: whether the token is the one that the system gave the job.
    package func authorization(isOfJob: Bool) -> (field: String, prefix: String) {
        switch dialect {
        case .gitHub: ("Authorization", "Bearer ")
        case .gitLab: (isOfJob ? "JOB-TOKEN" : "PRIVATE-TOKEN", "")
        }
    }

    package var accept: String { dialect == .gitHub ? "application/vnd.github+json" : "application/json" }

    /// What a reply says of the run, or of the job; nil when it is about something else.
    package func state(of reference: RunReference, by reply: JSONNode) -> RunState? {
        guard let status = reply["status"]?.string, let id = reply["id"]?.integer.map(String.init) else { return nil }
        switch dialect {
        case .gitHub:
            guard id == reference.run else { return nil }
            // Only a run that is over can be tried again.
            let attempt = reply["run_attempt"]?.integer ?? 1
            guard attempt <= reference.attempt.flatMap(Int64.init) ?? 1 else { return .ended(at: nil) }
            return status == "completed" ? .ended(at: moment(reply["updated_at"])) : .running
        case .gitLab:
            let pipeline = reply["pipeline"]?["id"]?.integer.map(String.init)
            guard id == reference.job, pipeline == reference.run else { return nil }
            guard ["success", "failed", "canceled", "skipped"].contains(status) else { return .running }
            return .ended(at: moment(reply["finished_at"]))
        }
    }

    private func moment(_ text: JSONNode?) -> Int64? { text?.string.flatMap(Moment.init(parsing:))?.unixTime }
}

/// Whether a run, or a job, is over.
package enum RunState: Equatable, Sendable {
    case running
    /// Unix time, seconds, at which it ended at the latest; nil where the system does not tell.
    case ended(at: Int64?)
}
