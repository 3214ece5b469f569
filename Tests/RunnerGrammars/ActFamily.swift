/// How the parser of act and those that come from it read a file of variables.
///
/// They read lines as Go's scanner does: up to LF, without a CR at the end, and no more after a line that is too long.
package struct ActFamily {
    /// A longer line ends the file without a word.
    package var longestLine = 65_535
    /// Whether an empty line between variables is skipped, not an error.
    package var skipsEmptyLines = false
    /// Whether a mark of UTF-8 at the beginning is removed.
    package var knowsByteOrderMark = true

    package struct Refusal: Error, Equatable {
        var message: String

        init(_ message: String) { self.message = message }
    }

    package func variables(in file: [UInt8]) throws -> [String: String] {
        let hasMark = knowsByteOrderMark && file.starts(with: [0xEF, 0xBB, 0xBF])
        var lines = scannedLines(of: hasMark ? file.dropFirst(3) : file[...])[...]
        var variables: [String: String] = [:]
        while let line = lines.popFirst() {
            if line.isEmpty, skipsEmptyLines { continue }
            let equals = line.firstRange(of: "=")?.lowerBound
            let heredoc = line.firstRange(of: "<<")?.lowerBound
            if let equals, heredoc.map({ equals < $0 }) ?? true {
                variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
            } else if let heredoc {
                variables[String(line[..<heredoc])] = try value(before: line[heredoc...].dropFirst(2), in: &lines)
            } else {
                throw Refusal("invalid format '\(line)'")
            }
        }
        return variables
    }

    /// A line feed comes between lines only when there is something before it: so empty lines at the beginning are lost.
    private func value(before delimiter: Substring, in lines: inout ArraySlice<String>) throws -> String {
        var value = ""
        while let line = lines.popFirst() {
            if line == delimiter { return value }
            if !value.isEmpty { value += "\n" }
            value += line
        }
        throw Refusal("invalid format delimiter '\(delimiter)' not found before end of file")
    }

    private func scannedLines(of bytes: ArraySlice<UInt8>) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.prefix { $0.count <= longestLine }.map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
    }
}
