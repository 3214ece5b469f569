#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Time as a command needs it.
///
/// Injected, so that tests run on a virtual clock.
package struct HostClock: Sendable {
    /// Wall-clock time: whole seconds since 1970-01-01 UTC, which the machine's owner can set to anything.
    package var unixTime: @Sendable () -> Int64
    /// Time since some fixed moment, which only ever goes forward: for deadlines.
    package var uptime: @Sendable () -> Duration
    /// How to let time pass on a virtual clock; nil where it passes by itself.
    package var wait: (@Sendable (Duration) -> Void)?

    package init(
        unixTime: @escaping @Sendable () -> Int64,
        uptime: @escaping @Sendable () -> Duration,
        wait: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.unixTime = unixTime
        self.uptime = uptime
        self.wait = wait
    }
}

extension HostClock {
    /// The machine's own clocks.
    package static let system = HostClock(
        unixTime: { Int64(time(nil)) },
        uptime: {
            var moment = timespec()
            clock_gettime(CLOCK_MONOTONIC, &moment)
            return .seconds(moment.tv_sec) + .nanoseconds(moment.tv_nsec)
        }
    )

    /// Lets time pass, whatever happens.
    package static func pause(for duration: Duration) {
        poll(nil, 0, duration.roundedUpToMilliseconds)
    }
}
