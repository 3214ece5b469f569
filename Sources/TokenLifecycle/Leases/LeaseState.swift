internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What is known of a lease without asking the cloud.
package enum LeaseState: Equatable, Sendable {
    /// A process is at work on it, or a job has its token.
    case living
    /// Its process is gone, and it was never handed to a job.
    case abandoned
    /// Its tokens have expired.
    case expired
    /// Of another cloud.
    case foreign
    /// Whether its process is gone cannot be told from here.
    case unknown

    /// How long after its expiry a token is held for expired without asking, in seconds: this machine's clock may be off,
    /// or may have been set since the mint.
    package static let clockMargin: Int64 = 86400
}

extension ProcessIdentity {
    /// Whether that process is over; nil when it cannot be told.
    ///
    /// - Parameter liveness: its lock, which is right where /proc is not: in other namespaces, and with `hidepid`.
    func isOver(seenFrom here: ProcessIdentity, liveness: Liveness.Finding) -> Bool? {
        if liveness == .held { return false }
        let isSameBoot = boot != nil && boot == here.boot
        if countsProcesses(like: here), let startTime {
            let presence = Self.presence(of: pid)
            guard presence == .hidden else { return presence.isOver(startedAt: startTime) }
            return liveness == .free ? true : nil
        }
        // A copy of a machine has its name and its files, so its locks are free too: only within one boot do they tell.
        return isSameBoot && liveness == .free ? true : nil
    }

    /// Whether ids and start times mean the same there as here.
    func countsProcesses(like here: ProcessIdentity) -> Bool {
        boot != nil && boot == here.boot && namespace != nil && namespace == here.namespace
    }
}

extension ProcessIdentity.Presence {
    /// Whether the process that started at that moment is certainly gone.
    func isOver(startedAt moment: UInt64) -> Bool {
        switch self {
        case .started(let other): other != moment
        case .gone: true
        case .hidden: false
        }
    }
}
