import HostSystem
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Signals that a test raises, and a clock that stands still until the test moves it.
final class ManualSignals: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32
    private let uptime = Mutex(Duration.seconds(1000))

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    var clock: HostClock {
        HostClock(unixTime: HostClock.system.unixTime, uptime: { self.uptime.withLock { $0 } })
    }

    /// Its descriptor becomes readable when a signal is raised.
    var interruption: Interruption {
        Interruption(descriptor: readEnd, clock: clock) {
            var number: UInt8 = 0
            return read(self.readEnd, &number, 1) == 1 ? Int32(number) : 0
        }
    }

    /// A signal, a moment after all that was before.
    func raise(_ signal: Int32) {
        advance(by: .nanoseconds(1))
        var number = UInt8(signal)
        write(writeEnd, &number, 1)
    }

    func advance(by duration: Duration) {
        uptime.withLock { $0 += duration }
    }
}
