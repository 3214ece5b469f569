/// Finds what a mistyped word was meant to be.
enum Spelling {
    /// The candidate with the fewest edits; nil when all differ in more than a third of their letters.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (candidate: $0, edits: distance(word, $0)) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
        return best.edits <= max(1, best.candidate.count / 3) ? best.candidate : nil
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1], row[j]) + 1
                best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}

extension Command {
    /// The command that a word was meant to be; nil when it resembles none.
    static func nearest(to word: String) -> Command? {
        Spelling.nearest(to: word, among: allCases.map(\.rawValue)).flatMap(Command.init)
    }
}
