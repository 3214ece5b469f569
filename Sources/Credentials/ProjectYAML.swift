internal import Secrets

/// As much YAML as it takes to read `backend.url` of a project; what could hide another answer is refused.
///
/// Top-level keys of a block mapping stand at the start of a line; what lies below them is indented.
enum ProjectYAML {
    /// What could mean something else to the CLI.
    enum Problem: String, Error, CaseIterable {
        case notAMapping = "it is not written as KEY: VALUE"
        case merged = "it refers to other parts of the file"
        case twice = "it appears twice"
        case spread = "it continues over several lines"
        case dressed = "it contains quotes, escapes, or references"
    }

    /// nil when the project names no backend.
    static func backendURL(in text: String) throws(Problem) -> String? {
        let lines = try firstDocument(of: text)
        var found: [(value: Substring, block: ArraySlice<Substring>)] = []
        for (index, line) in lines.enumerated() where isContent(line) && indentation(line) == 0 {
            guard let (key, value) = entry(line) else {
                // The items of a list may stand below their key without indentation.
                if line.hasPrefix("- ") || line == "-" { continue }
                throw Problem.notAMapping
            }
            guard key != "<<" else { throw Problem.merged }
            if key == "backend" {
                found.append((value, lines[(index + 1)...].prefix { !isContent($0) || indentation($0) > 0 }))
            }
        }
        guard found.count < 2 else { throw Problem.twice }
        return try found.first.flatMap { entry throws(Problem) in try url(entry.value, entry.block.filter(isContent)) }
    }

    private static func firstDocument(of text: String) throws(Problem) -> [Substring] {
        let plain = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        var lines: [Substring] = []
        var hasContent = false
        for line in plain.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line == "---" || line.hasPrefix("--- ") || line == "..." {
                if hasContent { break }
                guard line.count == 3 else { throw Problem.notAMapping }
            } else if !line.hasPrefix("%") {
                lines.append(line)
                hasContent = hasContent || isContent(line)
            }
        }
        return lines
    }

    private static func url(_ value: Substring, _ block: [Substring]) throws(Problem) -> String? {
        if value.hasPrefix("{") {
            guard block.isEmpty else { throw Problem.spread }
            return try flowURL(value)
        }
        if !value.isEmpty {
            guard block.isEmpty, ["~", "null", "Null", "NULL"].contains(value) else {
                throw Problem.notAMapping
            }
            return nil
        }
        guard let depth = block.first.map(indentation) else { return nil }
        var found: [Substring] = []
        for (index, line) in block.enumerated() where indentation(line) <= depth {
            guard indentation(line) == depth, let (key, value) = entry(line.dropFirst(depth)), key != "<<" else {
                throw Problem.notAMapping
            }
            guard key == "url" else { continue }
            let goesOn = index + 1 < block.count && indentation(block[index + 1]) > depth
            guard !goesOn else { throw Problem.spread }
            found.append(value)
        }
        guard found.count < 2 else { throw Problem.twice }
        return try found.first.flatMap(scalar)
    }

    /// `{url: https://example.com}`.
    private static func flowURL(_ value: Substring) throws(Problem) -> String? {
        guard value.hasSuffix("}") else { throw Problem.spread }
        var found: [Substring] = []
        for part in value.dropFirst().dropLast().split(separator: ",") {
            let part = part.drop { $0 == " " }
            guard let (key, value) = entry(part), !value.contains(where: { "{}[]".contains($0) }) else {
                throw Problem.notAMapping
            }
            if key == "url" { found.append(value) }
        }
        guard found.count < 2 else { throw Problem.twice }
        return try found.first.flatMap(scalar)
    }

    /// A value on one line: plain, or in quotes; nil for none.
    private static func scalar(_ text: Substring) throws(Problem) -> String? {
        guard let first = text.first, !["~", "null", "Null", "NULL"].contains(text) else { return nil }
        if first == "'" || first == "\"" {
            let body = text.dropFirst().dropLast()
            guard text.count > 1, text.last == first, !body.contains(first), first == "'" || !body.contains("\\") else {
                throw Problem.dressed
            }
            return body.isEmpty ? nil : String(body)
        }
        guard !"&*!|>{}[]@`%,#?-".contains(first), !text.holds(": ") else {
            throw Problem.dressed
        }
        return String(text)
    }

    // MARK: Lines

    private static func isContent(_ line: Substring) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }
        return !text.isEmpty && !text.hasPrefix("#")
    }

    /// Tabs do not indent.
    private static func indentation(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }

    /// `KEY: VALUE`, without the comment behind it.
    private static func entry(_ line: Substring) -> (key: String, value: Substring)? {
        var key: Substring
        var rest: Substring
        if let quote = line.first, quote == "'" || quote == "\"" {
            key = line.dropFirst().prefix { $0 != quote }
            rest = line[key.endIndex...].dropFirst()
        } else {
            guard let end = line.indices.first(where: { line[$0] == ":" && isEnd(line, line.index(after: $0)) }) else {
                return nil
            }
            (key, rest) = (line[..<end], line[end...])
            guard let first = key.first, !"?&*!|>{}[]@`%,\t".contains(first), !key.hasPrefix("- ") else { return nil }
        }
        rest = rest.drop { $0 == " " }
        guard rest.hasPrefix(":"), isEnd(rest, rest.index(after: rest.startIndex)) else { return nil }
        while key.last == " " { key.removeLast() }
        return (String(key), withoutComment(rest.dropFirst().drop { $0 == " " || $0 == "\t" }))
    }

    private static func isEnd(_ line: Substring, _ index: Substring.Index) -> Bool {
        index == line.endIndex || line[index] == " " || line[index] == "\t"
    }

    private static func withoutComment(_ text: Substring) -> Substring {
        var value = text
        if let quote = text.first, quote == "'" || quote == "\"" {
            // What stands in quotes may hold a number sign.
            let body = text.dropFirst().prefix { $0 != quote }
            let behind = text[body.endIndex...].dropFirst().drop { $0 == " " || $0 == "\t" }
            if behind.hasPrefix("#") { value = text[...body.endIndex] }
        } else if text.hasPrefix("#") {
            value = text.prefix(0)
        } else if let comment = text.indices.first(where: { index in
            text[index] == "#" && (text[text.index(before: index)] == " " || text[text.index(before: index)] == "\t")
        }) {
            value = text[..<comment]
        }
        while value.last == " " || value.last == "\t" || value.last == "\r" { value.removeLast() }
        return value
    }
}
