/// The time that a whole command may take. The first signal cuts it down to what undoing needs.
package struct TimeBudget: Sendable {
    private let clock: HostClock
    private let interruption: Interruption
    private let end: Duration
    private let wait: @Sendable (Duration) -> Void

    /// - Parameters:
    ///   - length: counted from now.
    ///   - wait: how to let time pass; the default returns early at a signal.
    package init(
        _ length: Duration,
        clock: HostClock,
        interruption: Interruption,
        wait: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.clock = clock
        self.interruption = interruption
        end = clock.uptime() + length
        self.wait = wait ?? { interruption.sleep(for: $0) }
    }

    /// What is left: of the whole, or after a signal of the grace; never negative.
    package var remaining: Duration {
        let left = end - clock.uptime()
        guard let moment = interruption.moment else { return max(.zero, left) }
        return max(.zero, min(left, moment + Interruption.grace - clock.uptime()))
    }

    package var isOver: Bool { remaining == .zero }

    /// Whether a signal asks to stop.
    package var isInterrupted: Bool { interruption.signal != nil }

    /// Lets time pass; returns early at a signal.
    package func sleep(for duration: Duration) {
        wait(duration)
    }
}
