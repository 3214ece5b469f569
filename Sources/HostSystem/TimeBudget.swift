/// The time that a whole command may take.
///
/// The first signal cuts it down to what undoing needs.
package struct TimeBudget: Sendable {
    private let clock: HostClock
    private let interruption: Interruption
    private var end: Duration
    private var isUndoing = false

    /// - Parameter length: counted from now.
    package init(
        _ length: Duration,
        clock: HostClock,
        interruption: Interruption
    ) {
        self.clock = clock
        self.interruption = interruption
        end = clock.uptime() + length
    }

    /// What is left: of the whole, or after a signal of the grace; never negative.
    package var remaining: Duration {
        let left = end - clock.uptime()
        guard let moment = interruption.moment else { return max(.zero, left) }
        return max(.zero, min(left, moment + Interruption.grace - clock.uptime()))
    }

    package var isOver: Bool { remaining == .zero }

    /// Whether a signal asks to stop what is being done; undoing it goes on.
    package var isInterrupted: Bool { !isUndoing && signal != nil }

    /// The number of the first signal that asked to stop.
    package var signal: Int32? { interruption.signal }

    /// Lets time pass; returns early at a signal, unless it is for undoing.
    package func sleep(for duration: Duration) {
        if let wait = clock.wait { return wait(duration) }
        isUndoing ? HostClock.pause(for: min(duration, remaining)) : interruption.sleep(for: duration)
    }

    /// The same budget less its last part, which is kept for undoing what was begun.
    package func reserving(_ reserve: Duration) -> TimeBudget {
        var shorter = self
        shorter.end = max(clock.uptime(), end - reserve)
        return shorter
    }

    /// The same budget, which ends after this time from now at the latest.
    package func within(_ limit: Duration) -> TimeBudget {
        var shorter = self
        shorter.end = min(end, clock.uptime() + limit)
        return shorter
    }

    /// The same budget for undoing: a signal shortens it, but no longer stops it.
    package func forUndoing() -> TimeBudget {
        var undoing = self
        undoing.isUndoing = true
        return undoing
    }
}
