/// What is said while a command runs, each once, at moments that are known before.
package struct TimedNotices {
    package struct Notice {
        /// Uptime.
        package var moment: Duration
        package var say: () -> Void

        package init(at moment: Duration, say: @escaping () -> Void) {
            (self.moment, self.say) = (moment, say)
        }
    }

    /// The first one first.
    private var waiting: [Notice]

    package init(_ notices: [Notice] = []) {
        waiting = notices.sorted { $0.moment < $1.moment }
    }

    /// The uptime of the next one; nil when all has been said.
    var nextMoment: Duration? { waiting.first?.moment }

    /// Says what is due.
    ///
    /// - Parameter now: uptime.
    mutating func say(at now: Duration) {
        while let notice = waiting.first, notice.moment <= now {
            waiting.removeFirst()
            notice.say()
        }
    }
}
