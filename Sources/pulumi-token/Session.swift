import CISystems
import HTTPTransport
import HostSystem
import TokenLifecycle

/// What a lease belongs to: a name, the CI system's job, or one made up for a shell.
struct Session: Equatable {
    static let variable = Option.session.variable

    var name: String
    /// Whether nobody else knows the name, so that it has to be handed on.
    var isMadeUp = false

    /// The session that a command was told, or that the CI system implies; nil when there is none yet.
    static func current(_ arguments: Arguments, _ context: Context) throws(UsageError) -> Session? {
        if let value = arguments.value(of: .session) {
            guard value.text.utf8.count <= 256, !value.text.unicodeScalars.contains(where: { $0.value < 32 }) else {
                throw UsageError("\(value.origin.name) is too long or has a line break", hint: "use a plain name")
            }
            return Session(name: value.text)
        }
        return context.system.sessionID.map { Session(name: $0) }
    }

    static func madeUp(_ random: Randomness) -> Session {
        Session(name: Nonce(from: random).rawValue, isMadeUp: true)
    }
}

extension RunTag {
    /// Of the CI system's run; elsewhere of the session.
    init(_ context: Context, session: Session) {
        self.init(hashing: context.system.job?.canonicalRun ?? "session|" + session.name)
    }
}

/// Where records are kept.
struct LeasePlaces {
    /// The CI job's own folder; nil where there is none.
    var job: LeaseFolder?
    /// The user's, which survives the job.
    var user: LeaseFolder

    init(_ context: Context) {
        job = context.system.places.leases.map(LeaseFolder.init)
        let environment = context.environment
        let state = environment.nonEmpty("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment.nonEmpty("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.local/state" : nil }
        // In an image without a home, a folder of this user's own still outlives the process.
        user = LeaseFolder(
            path: (state ?? home).map { $0 + "/pulumi-token" } ?? "/tmp/pulumi-token-\(context.process.user)"
        )
    }

    /// All folders in which a lease may be found, the first that counts first.
    var all: [LeaseFolder] {
        [job, user].compactMap(\.self)
    }

    /// Where a new lease goes.
    func records(_ arguments: Arguments) -> any LeaseRecords {
        if let path = arguments.text(of: .lease) { return LeaseFile(path: path) }
        guard let job else { return user }
        return CopiedRecords(job, copy: user)
    }
}
