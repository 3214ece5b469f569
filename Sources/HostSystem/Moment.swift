/// A point in time as people and machines read it: `2026-11-24T10:00:00Z`.
package struct Moment: CustomStringConvertible, Equatable, Sendable {
    /// Unix time, seconds.
    package let unixTime: Int64

    package init(_ unixTime: Int64) {
        self.unixTime = unixTime
    }

    /// RFC 3339 in UTC, whole seconds.
    package var description: String {
        let (year, month, day) = civilDate
        let second = unixTime - unixTime.floorDivided(by: 86400) * 86400
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }

    /// Days to a date of the Gregorian calendar, after Howard Hinnant's `civil_from_days`.
    private var civilDate: (year: Int64, month: Int64, day: Int64) {
        let shifted = unixTime.floorDivided(by: 86400) + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A length of time in words: `1 hour 30 minutes`, `40 seconds`, never more than two units.
package struct Span: CustomStringConvertible, Equatable, Sendable {
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    package var description: String {
        let units: [(Int64, String)] = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        var rest = max(0, seconds)
        var parts: [String] = []
        for (length, name) in units where rest >= length && parts.count < 2 {
            let count = rest / length
            rest -= count * length
            parts.append("\(count) \(name)\(count == 1 ? "" : "s")")
        }
        return parts.isEmpty ? "0 seconds" : parts.joined(separator: " ")
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
