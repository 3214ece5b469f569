internal import CPlatform
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The signals that ask this process to stop, as something that can be waited for.
///
/// The signals stay blocked for the whole life of the process, so none of them can cut a step in half: whoever waits
/// (a request, a pause) also waits for `descriptor`, and calls `acknowledge()` when it is readable.
package final class Interruption: Sendable {
    /// The time that is left for undoing, counted from the first signal.
    package static let grace: Duration = .seconds(5)
    /// How long a request that was under way at the first signal may go on: its reply makes undoing certain.
    package static let requestGrace: Duration = .milliseconds(2500)

    private struct State {
        var first: (signal: Int32, at: Duration)?
        var isSuspended = false
    }

    private let number: Int32
    private let next: @Sendable () -> Int32
    private let clock: HostClock
    private let state = Mutex(State())

    /// - Parameter next: the next waiting signal, 0 when none waits.
    package init(descriptor: Int32, clock: HostClock, next: @escaping @Sendable () -> Int32) {
        number = descriptor
        self.clock = clock
        self.next = next
    }

    /// Never interrupted: for tests and for commands that change nothing.
    package static func never(clock: HostClock) -> Interruption {
        Interruption(descriptor: -1, clock: clock, next: { 0 })
    }

    /// Readable while a signal waits; -1 while signals are not watched.
    package var descriptor: Int32 { state.withLock { $0.isSuspended } ? -1 : number }

    /// Leaves the signals that arrive from now on to somebody else, until `resume()`.
    package func suspend() { state.withLock { $0.isSuspended = true } }

    package func resume() { state.withLock { $0.isSuspended = false } }

    /// Takes note of the signals that have arrived; returns them in order of arrival.
    @discardableResult
    package func acknowledge() -> [Int32] {
        guard !state.withLock({ $0.isSuspended }) else { return [] }
        var arrived: [Int32] = []
        while true {
            let signal = next()
            guard signal != 0 else { break }
            arrived.append(signal)
        }
        if let signal = arrived.first {
            let now = clock.uptime()
            state.withLock { $0.first = $0.first ?? (signal, now) }
        }
        return arrived
    }

    /// The first signal, after `acknowledge()` took note of it.
    package var signal: Int32? {
        acknowledge()
        return state.withLock { $0.first?.signal }
    }

    /// The uptime of the first signal.
    package var moment: Duration? {
        state.withLock { $0.first?.at }
    }

    /// Waits; returns early when a signal is waiting.
    package func sleep(for duration: Duration) {
        let end = clock.uptime() + duration
        while true {
            let left = end - clock.uptime()
            guard left > .zero, moment == nil else { return }
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, left.roundedUpToMilliseconds)
            acknowledge()
        }
    }
}

extension Duration {
    /// For system calls that count in milliseconds; never 0 for a time that is left.
    package var roundedUpToMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) else { return .max }
        guard seconds >= 0 else { return 0 }
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds))
    }
}
