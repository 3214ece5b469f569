import FoundationEssentials
import Glibc
import TestBench
import Testing

@testable import pulumi_token

/// The tables of `docs/github-actions.md` and what the migration guide promises, against `action.yml`.
@Suite struct ActionPageTests {
    /// An input or an output.
    private struct Entry {
        var name: String
        var meaning: String
        var fallback: String
    }

    private let action: String

    init() throws {
        action = try Repository.text("action.yml")
    }

    /// What is two spaces below a key of the file, with its description and its default.
    private func entries(of section: String) -> [Entry] {
        let lines = action.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.firstIndex(of: section + ":") else { return [] }
        var entries: [Entry] = []
        for line in lines[(start + 1)...].prefix(while: { $0.isEmpty || $0.hasPrefix(" ") }) {
            if line.hasPrefix("  "), !line.hasPrefix("   "), line.hasSuffix(":") {
                entries.append(Entry(name: String(line.dropFirst(2).dropLast()), meaning: "", fallback: ""))
            } else if let text = value(of: "description", in: line), !entries.isEmpty {
                // A default that the executable knows stands at the end of the description.
                let parts = text.replacing(" Default: ", with: "\n").split(separator: "\n", maxSplits: 1).map(
                    String.init
                )
                entries[entries.count - 1].meaning = parts.first ?? ""
                if parts.count == 2 { entries[entries.count - 1].fallback = String(parts[1].dropLast()) }
            } else if let text = value(of: "default", in: line), !entries.isEmpty, text != ActionInputs.unset {
                entries[entries.count - 1].fallback = text
            }
        }
        return entries
    }

    private func value(of key: String, in line: String) -> String? {
        let prefix = "    \(key): "
        guard line.hasPrefix(prefix) else { return nil }
        let text = line.dropFirst(prefix.count)
        return String(text.hasPrefix("\"") ? text.dropFirst().dropLast() : text)
    }

    private func table(of section: String) -> String {
        let isInput = section == "inputs"
        let head =
            isInput ? "| input | meaning | default |\n| --- | --- | --- |\n" : "| output | meaning |\n| --- | --- |\n"
        let rows = entries(of: section).map { entry in
            let fallback = entry.fallback.isEmpty ? "" : "`\(entry.fallback)`"
            return "| `\(entry.name)` | \(entry.meaning) |" + (isInput ? " \(fallback) |" : "") + "\n"
        }
        return head + rows.joined()
    }

    /// With PULUMI_TOKEN_TESTS_WRITE=1 the tables are written instead.
    @Test(arguments: ["inputs", "outputs"])
    func `the page has a table of the action's own file`(section: String) throws {
        let page = "docs/github-actions.md"
        let mark = "<!-- \(section) of action.yml -->\n"
        let (text, table) = (try Repository.text(page), table(of: section))
        let start = try #require(text.ranges(of: mark).first?.upperBound)
        let end = text[start...].ranges(of: "\n\n").first.map { text.index(after: $0.lowerBound) } ?? text.endIndex
        let shown = text[start] == "\n" ? "" : String(text[start..<end])
        if getenv("PULUMI_TOKEN_TESTS_WRITE") != nil {
            let new = text[..<start] + table + text[(shown.isEmpty ? start : end)...]
            try Data(new.utf8).write(to: URL(filePath: "\(Repository.root)/\(page)"))
            return
        }
        #expect(shown == table, "write it anew: PULUMI_TOKEN_TESTS_WRITE=1 scripts/test --filter ActionPageTests")
    }

    @Test func `what the migration guide names instead is an input, an option or an output`() throws {
        let known = Set(
            (entries(of: "inputs") + entries(of: "outputs")).map(\.name) + Option.table.map { "--" + $0.name }
        )
        let rows = try Repository.text("docs/migration.md").split(separator: "\n")
            .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") && !$0.contains("`pulumi-token") }
        #expect(rows.count > 12)
        for row in rows {
            let words = row.split(separator: " | ").last?.split(separator: "`").first { !$0.hasPrefix("|") } ?? ""
            for name in words.split(separator: " ") where name.hasPrefix("--") || words.hasPrefix(name) {
                #expect(known.contains(String(name.prefix { $0 != ":" })), "\(row)")
            }
        }
    }
}
