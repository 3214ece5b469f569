import TestBench

/// What `docs/security-model.md` says of variables.
enum SecurityModel {
    /// The names in the first column of the table whose first column has this title.
    static func names(inTableOf title: String) -> [String] {
        let lines = ((try? Repository.text("docs/security-model.md")) ?? "").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        guard let start = lines.firstIndex(where: { $0.hasPrefix("| \(title) |") }) else { return [] }
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.flatMap { line in
            let cell = line.dropFirst(2).split(separator: " | ").first ?? ""
            return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 && $0.element != "SWIFT_DEBUG_" }.map { String($0.element) }
        }
    }
}
