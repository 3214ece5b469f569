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
        if isSameBoot, namespace != nil, namespace == here.namespace, let startTime {
            switch Self.presence(of: pid) {
            case .started(let moment): return moment == startTime ? false : true
            case .gone: return true
            case .hidden: return liveness == .free ? true : nil
            }
        }
        // A copy of a machine has its name and its files, so its locks are free too: only within one boot do they tell.
        return isSameBoot && liveness == .free ? true : nil
    }
}
