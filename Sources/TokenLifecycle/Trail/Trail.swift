package import CISystems
internal import HostSystem
internal import JSON
internal import Synchronization

/// The trail of what happens to tokens: one JSON object a line, in a file that others append to as well.
///
/// Pulumi Cloud records nothing of personal tokens, so it is all that there is for them.
package final class Trail: Sendable {
    package let path: String
    let job: TrailJob
    /// Whether people know that it cannot be written.
    private let hasFailed = Mutex(false)

    package init(path: String, job: TrailJob) {
        self.path = path
        self.job = job
    }

    private var file: EventFile { EventFile(path: path) }

    /// Makes the file when it is missing.
    package func checkIsWritable() throws(ExportError) { try file.checkIsWritable() }

    fileprivate func write(_ event: TrailEvent, in context: Context) {
        let line = JSONText.plainObject { event.write(at: context.clock.unixTime(), of: job, to: &$0) }
        do throws(ExportError) {
            try file.append(context.console.withoutSecrets(line))
        } catch {
            // What happens to a token matters more than what is written of it.
            let isKnown = hasFailed.withLock { known in
                defer { known = true }
                return known
            }
            if !isKnown { context.console.warning("no event was written: \(error.message)", hint: error.hint) }
        }
    }
}

extension Context {
    /// Adds to the trail, where one is kept.
    package func tell(_ event: TrailEvent) { trail?.write(event, in: self) }
}

/// What the trail says of the job, the same in each event.
package struct TrailJob: Equatable, Sendable {
    var system: String
    var repository: String?
    var runURL: String?
    var actor: String?
    var commit: String?

    package init(_ system: CISystem) {
        self.system = system.identifier
        repository = system.job?.repository
        runURL = system.job?.url
        actor = system.provenance.actor
        commit = system.provenance.commit
    }

    func write(to text: inout JSONText) {
        text.member("system", system)
        text.member("repository", repository)
        text.member("runURL", runURL)
        text.member("actor", actor)
        text.member("commit", commit)
    }

    init?(_ text: JSONNode) {
        guard let system = text["system"]?.string else { return nil }
        self.system = system
        repository = text["repository"]?.string
        runURL = text["runURL"]?.string
        actor = text["actor"]?.string
        commit = text["commit"]?.string
    }
}
