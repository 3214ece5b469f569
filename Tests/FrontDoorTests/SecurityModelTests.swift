import TestBench
import Testing

/// What `docs/security-model.md` claims: each line of its tables names what shows it.
@Suite struct SecurityModelTests {
    private let model: [Substring]

    init() throws {
        let text = try Repository.text("docs/security-model.md")
        let claims = text.split(separator: "\n## Files that it opens")[0]
        model = claims.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
    }

    private func shownBy(_ row: Substring) -> [String] {
        let cells = row.split(separator: " | ")
        return (cells.last?.split(separator: "`", omittingEmptySubsequences: false) ?? []).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The sentences of all tests and proofs.
    private func sentences() throws -> Set<String> {
        let folders = ["Tests", "scripts/proofs"].map { "\(Repository.root)/\($0)" }
        let lines = try Program("grep", ["-rhE", "func `|^proof \""] + folders).run().output.split(separator: "\n")
        return Set(
            lines.compactMap { line in
                let mark: Character = line.hasPrefix("proof") ? "\"" : "`"
                let parts = line.split(separator: mark, omittingEmptySubsequences: false)
                return parts.count > 2 ? String(parts[1]) : nil
            }
        )
    }

    /// What the executable obeys is no claim.
    private static func isLimit(_ row: Substring) -> Bool {
        row.hasSuffix("| the same |") || row.hasSuffix("| what they do |")
            || ["GLIBC_TUNABLES", "OPENSSL_ia32cap", "SWIFT_BACKTRACE", "SWIFT_DEBUG_HELP"].contains { name in
                row.hasPrefix("| `\(name)`")
            }
    }

    @Test func `every claim names tests or proofs that are there`() throws {
        let known = try sentences()
        #expect(known.count > 500 && model.count > 40)
        for row in model where !row.hasSuffix("| shown by |") && !Self.isLimit(row) {
            let names = shownBy(row)
            #expect(!names.isEmpty, "nothing shows: \(row)")
            for name in names { #expect(known.contains(name), "there is no test or proof of this name: \(name)") }
        }
    }
}
