import FoundationEssentials
import TestBench

/// What one contest showed.
struct ContestReport: Encodable {
    struct Verdict: Encodable {
        var text: String
        var isMet: Bool
    }

    var name: String
    var measurements: [Measurement]
    var verdicts: [Verdict]

    init(_ contest: Contest, _ measurements: [Measurement]) {
        name = contest.name
        self.measurements = measurements
        verdicts = contest.bars.flatMap { Self.verdicts($0, measurements) }
    }

    private static func verdicts(_ bar: Contest.Bar, _ measurements: [Measurement]) -> [Verdict] {
        let ours = measurements[0]
        var verdicts: [Verdict] = []
        if let most = bar.memory {
            verdicts.append(
                Verdict(text: "memory \(figure(ours.memory)) MiB, at most \(figure(most))", isMet: ours.memory <= most)
            )
        }
        guard let other = measurements.first(where: { $0.name == bar.other }) else { return verdicts }
        // Runs of one round were beside each other, so their ratio is freer of noise than that of the medians.
        let ratios = zip(ours.milliseconds, other.milliseconds).map { $0 / $1 }
        let ratio = quantile(0.5, of: ratios)
        let spread = "\(figure(quantile(0.25, of: ratios), 3)) to \(figure(quantile(0.75, of: ratios), 3))"
        if let most = bar.ratio {
            let text = "\(figure(ratio, 3)) of \(other.name) (half of the runs: \(spread)), at most \(figure(most, 3))"
            verdicts.append(Verdict(text: text, isMet: ratio <= most))
        }
        if let most = bar.more {
            let more = quantile(0.5, of: zip(ours.milliseconds, other.milliseconds).map { $0 - $1 })
            verdicts.append(
                Verdict(
                    text: "\(figure(more)) ms more than \(other.name), at most \(figure(most))",
                    isMet: more <= most
                )
            )
        }
        return verdicts
    }

    /// For people.
    var table: String {
        var rows = [["", "median ms", "middle half", "MiB", "calls", "requests", "connections", "wire bytes"]]
        for measurement in measurements {
            let (from, to) = measurement.middleHalf
            rows.append([
                measurement.name, figure(measurement.median), "\(figure(from)) to \(figure(to))",
                figure(measurement.memory), measurement.systemCalls.map { "\($0)" } ?? "", "\(measurement.requests)",
                "\(measurement.connections)", "\(measurement.wireBytes)",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                let gap = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + gap : gap + cell.0
            }.joined(separator: "  ")
        }
        let verdicts = verdicts.map { "   \($0.isMet ? "met   " : "MISSED") \($0.text)" }
        return "\(name)\n" + (lines.map { "   " + $0 } + verdicts).joined(separator: "\n") + "\n"
    }
}

/// A number with so many digits after the point.
func figure(_ number: Double, _ digits: Int = 1) -> String {
    guard number.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((abs(number) * scale).rounded())
    let (head, tail) = (whole / Int(scale), String(whole % Int(scale)))
    return (number < 0 ? "-" : "") + "\(head)." + String(repeating: "0", count: digits - tail.count) + tail
}
