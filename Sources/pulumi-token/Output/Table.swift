import CISystems

/// Columns for people: as wide as their widest cell, two blanks between.
enum Table {
    /// - Parameters:
    ///   - rows: of equal length; the last column is not padded.
    ///   - least: how wide columns are in any case.
    static func text(_ rows: [[String]], atLeast least: [Int]? = nil) -> String {
        let rows = rows.map { $0.map(printable) }
        let widths = rows.reduce(least ?? [Int](repeating: 0, count: rows.first?.count ?? 0)) { widths, row in
            zip(widths, row).map { max($0, $1.count) }
        }
        return rows.map { row in
            let line = zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1
                    ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
            }.joined(separator: "  ")
            return CISystem.harmless(line) + "\n"
        }.joined()
    }

    /// A description may hold anything; a terminal must not act on it, and neither must a runner that reads the log.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }
}
