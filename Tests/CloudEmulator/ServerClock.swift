#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The time as the server sees it: the machine's plus an offset, or standing still.
struct ServerClock: Sendable {
    private var offset = 0.0
    private var frozenAt: Double?

    /// Unix time, seconds.
    var now: Double { frozenAt ?? unixTime() + offset }

    /// Unix time, whole seconds.
    var seconds: Int64 { Int64(now.rounded(.down)) }

    /// Runs on, this much ahead of the machine.
    mutating func setOffset(_ seconds: Double) {
        frozenAt = nil
        offset = seconds
    }

    /// Stands still from now on, at `time` or at the present.
    mutating func freeze(at time: Double? = nil) {
        frozenAt = time ?? now
    }

    mutating func advance(by seconds: Double) {
        if let frozenAt { self.frozenAt = frozenAt + seconds } else { offset += seconds }
    }

    /// Runs on from where it stands.
    mutating func run() {
        guard let frozenAt else { return }
        setOffset(frozenAt - unixTime())
    }
}

/// The machine's Unix time, seconds.
func unixTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Seconds since some moment in the past, never set back.
func monotonicTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A moment in UTC, split as people write it.
private struct CalendarTime {
    var year: Int64, month: Int, day: Int, hour: Int, minute: Int, second: Int, weekday: Int

    init(unix: Int64) {
        let days = Int64((Double(unix) / 86_400).rounded(.down))
        let rest = Int(unix - days * 86_400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        weekday = Int(((days % 7) + 11) % 7)
        // Days to civil date, http://howardhinnant.github.io/date_algorithms.html
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

private func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}

/// The form of a `Date` header: `Tue, 24 Nov 2026 02:59:01 GMT`.
func httpDate(_ unix: Int64) -> String {
    let time = CalendarTime(unix: unix)
    let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = "\(twoDigits(time.hour)):\(twoDigits(time.minute)):\(twoDigits(time.second))"
    return "\(weekdays[time.weekday]), \(twoDigits(time.day)) \(months[time.month - 1]) \(time.year) \(clock) GMT"
}

/// ISO 8601 with milliseconds, as Pulumi Cloud writes `created`: `2026-11-24T02:59:01.000Z`.
func isoDate(_ unix: Int64) -> String {
    let time = CalendarTime(unix: unix)
    let date = "\(time.year)-\(twoDigits(time.month))-\(twoDigits(time.day))"
    return "\(date)T\(twoDigits(time.hour)):\(twoDigits(time.minute)):\(twoDigits(time.second)).000Z"
}
