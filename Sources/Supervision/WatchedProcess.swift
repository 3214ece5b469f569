internal import CPlatform
internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Which process is meant: a number alone is used again, together with the start time it is not.
package struct WatchedProcess: Equatable, Sendable {
    package let pid: Int32
    /// Clock ticks after the boot.
    package let startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// A process as it is now; nil when it has ended, or `/proc` does not show it to us.
    package init?(pid: Int32) {
        guard let startTime = ProcessIdentity.startTime(of: pid) else { return nil }
        self.init(pid: pid, startTime: startTime)
    }
}

/// Tells when a process ends that need not be our child.
package struct ProcessWatch: ~Copyable {
    private let descriptor: Descriptor

    /// Watches that process and no later one of its number; nil when it has ended, or cannot be told from a later one.
    package init?(_ process: WatchedProcess) {
        guard let watch = ProcessWatch(child: process.pid) else { return nil }
        // Only now: what the descriptor stands for is the process whose start time is read behind it.
        guard ProcessIdentity.startTime(of: process.pid) == process.startTime else { return nil }
        self = watch
    }

    /// Watches a child that was not waited for yet, so that its number is its own.
    package init?(child: Int32) {
        let number = platform_open_process(child)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: number, path: "a process")
    }

    /// Readable once the process has ended.
    package var number: Int32 { descriptor.number }

    /// Waits for the end.
    ///
    /// - Parameter limit: how long at most; nil for however long.
    /// - Returns: whether the process has ended.
    package func awaitEnd(for limit: Duration?) -> Bool {
        var watched = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, limit?.roundedUpToMilliseconds ?? -1) > 0
    }

    package var hasEnded: Bool { awaitEnd(for: .zero) }

    /// A copy of the descriptor, for somebody who closes it; nil when there are no more.
    func duplicate() -> Int32? {
        let copy = platform_duplicate(number)
        return copy >= 0 ? copy : nil
    }

    /// Sends a signal to this process; says whether it could have arrived.
    @discardableResult
    package func send(_ signal: Int32) -> Bool {
        platform_signal_process(number, signal) == 0
    }
}
