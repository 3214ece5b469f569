package import CISystems
package import Credentials
package import HostSystem

/// What a lease belongs to: a name that somebody gave, the CI system's job, or one made up for a shell.
package struct Session: Equatable, Sendable {
    /// The variable by which a session that was made up is handed on.
    package static let variable = "PULUMI_TOKEN_SESSION"
    /// The longest name, in bytes.
    private static let limit = 1024

    package let name: String
    /// Whether nobody else knows the name, so that it has to be handed on.
    package let isMadeUp: Bool
    /// Whether the CI system implies it, so that every step of the job knows it.
    package let isImplied: Bool

    package init(named name: String, isMadeUp: Bool = false, isImplied: Bool = false) {
        self.name = name
        self.isMadeUp = isMadeUp
        self.isImplied = isImplied
    }

    /// The session that a command was told, or that the CI system implies; nil when there is none yet.
    package static func current(_ given: NamedText?, on system: CISystem) throws(Explanation) -> Session? {
        guard let given else { return system.sessionID.map { Session(named: $0, isImplied: true) } }
        guard given.text.utf8.count <= limit, given.text.unicodeScalars.allSatisfy({ $0.value >= 32 }) else {
            throw .unusableSession(place: given.place)
        }
        return Session(named: given.text)
    }

    package static func madeUp(_ random: Randomness) -> Session {
        Session(named: Nonce(from: random).rawValue, isMadeUp: true)
    }

    /// Of the CI system's run; elsewhere of the session itself.
    package func runTag(on system: CISystem) -> RunTag {
        RunTag(hashing: system.canonicalRun ?? "session|" + name)
    }
}
