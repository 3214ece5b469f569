/// A length of time in words: `1 hour 30 minutes`, `40 seconds`, never more than two units.
package struct TimeSpan: CustomStringConvertible, Equatable, Sendable {
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
