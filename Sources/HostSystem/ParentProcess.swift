internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The process that started this one and waits for its result.
package struct ParentProcess: Sendable {
    private let id: pid_t

    /// As it is now; call it before anything else has a chance to end.
    package init() {
        id = getppid()
    }

    /// A process that said to be the parent: it may have ended before this one could ask.
    package init(claimedID: Int32) {
        id = claimedID
    }

    /// The signal that tells that the parent may be gone.
    package static var signal: Int32 { platform_private_signal() }

    /// Whether the parent is still there.
    package var isAlive: Bool { getppid() == id }

    /// From now on `signal` comes when the thread ends that started this process; at once when the parent has gone.
    ///
    /// The thread, not the process: so whoever gets the signal has to ask `isAlive`.
    package func watch() {
        _ = platform_signal_at_parent_end(Self.signal)
        if !isAlive { raise(Self.signal) }
    }
}
