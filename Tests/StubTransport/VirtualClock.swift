package import HostSystem
internal import Synchronization

/// Time that passes only when a test or a pause lets it.
package final class VirtualClock: Sendable {
    private struct State {
        var uptime: Duration = .zero
        var pauses: [Duration] = []
        var signal: Int32 = 0
    }

    /// Unix time at the start, seconds.
    package static let start: Int64 = 1_800_000_000
    private let state = Mutex(State())

    package init() {}

    package var clock: HostClock {
        HostClock(
            unixTime: { Self.start + self.state.withLock { $0.uptime.components.seconds } },
            uptime: { self.state.withLock { $0.uptime } },
            wait: { pause in
                self.state.withLock {
                    $0.pauses.append(pause)
                    $0.uptime += pause
                }
            }
        )
    }

    /// Every pause so far.
    package var pauses: [Duration] { state.withLock { $0.pauses } }

    package func advance(by duration: Duration) {
        state.withLock { $0.uptime += duration }
    }

    /// A signal arrives.
    package func raise(_ signal: Int32) {
        state.withLock { $0.signal = signal }
    }

    /// The time of a command; its pauses take no real time.
    package func budget(_ length: Duration = .seconds(120)) -> TimeBudget {
        TimeBudget(length, clock: clock, interruption: interruption)
    }

    /// What `raise` arrives at.
    package var interruption: Interruption {
        Interruption(
            descriptor: -1,
            clock: clock,
            next: {
                self.state.withLock { state in
                    defer { state.signal = 0 }
                    return state.signal
                }
            }
        )
    }
}

extension Randomness {
    /// Always the same number between 0 and 1.
    package static func fixed(_ value: Double) -> Randomness {
        Randomness { count in
            let bits = UInt64(value * Double(1 << 53)) << 11
            return (0..<count).map { UInt8(truncatingIfNeeded: bits >> UInt64(max(0, 56 - 8 * $0))) }
        }
    }
}
