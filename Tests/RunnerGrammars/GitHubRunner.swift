/// GitHub's own runner, as far as it reads what a step writes.
package enum GitHubRunner {
    package struct Refusal: Error, Equatable {
        var message: String

        init(_ message: String) { self.message = message }
    }

    /// The variables that a file sets, in the order of its lines; on Linux.
    package static func pairs(in file: [UInt8]) throws -> [(name: String, value: String)] {
        let text = decode(file)
        var rest = Substring.UnicodeScalarView(text.unicodeScalars[...])
        var pairs: [(String, String)] = []
        while let line = nextLine(of: &rest) {
            guard !line.isEmpty else { continue }
            let equals = line.firstRange(of: "=")?.lowerBound
            let heredoc = line.firstRange(of: "<<")?.lowerBound
            if let equals, heredoc.map({ equals < $0 }) ?? true {
                pairs.append((String(line[..<equals]), String(line[line.index(after: equals)...])))
            } else if let heredoc {
                let name = String(line[..<heredoc])
                let delimiter = String(line[heredoc...].dropFirst(2))
                guard !name.isEmpty, !delimiter.isEmpty else { throw Refusal("Invalid format '\(line)'") }
                pairs.append((name, try value(before: delimiter, in: &rest)))
            } else {
                throw Refusal("Invalid format '\(line)'")
            }
        }
        return pairs
    }

    /// Variables of later steps.
    package static func environment(_ file: [UInt8]) throws -> [String: String] {
        let pairs = try pairs(in: file)
        if pairs.contains(where: { $0.name.uppercased() == "NODE_OPTIONS" }) { throw Refusal("NODE_OPTIONS") }
        if pairs.contains(where: { $0.name.isEmpty }) { throw Refusal("empty name") }
        return Dictionary(pairs.map { ($0.name, $0.value) }) { $1 }
    }

    /// Outputs or saved state; names differ in more than their case.
    package static func outputs(_ file: [UInt8]) throws -> [String: String] {
        try pairs(in: file).filter { !$0.name.hasPrefix("__") }.reduce(into: [:]) { outputs, pair in
            let spelling = outputs.keys.first { $0.uppercased() == pair.name.uppercased() } ?? pair.name
            outputs[spelling] = pair.value
        }
    }

    /// The folders that a file puts on the path of later steps, the last one first.
    package static func folders(_ file: [UInt8]) -> [String] {
        decode(file).split(separator: "\n").map(String.init).reversed()
    }

    /// The outputs of a job, without those that would show something that the log masks.
    package static func jobOutputs(_ outputs: [String: String], masking masks: Set<String>) -> [String: String] {
        outputs.filter { output in !masks.contains { !$0.isEmpty && output.value.contains($0) } }
    }

    private static func value(before delimiter: String, in rest: inout Substring.UnicodeScalarView) throws -> String {
        var lines: [String] = []
        while let line = nextLine(of: &rest) {
            if line == delimiter { return lines.joined(separator: "\n") }
            lines.append(line)
        }
        throw Refusal("Invalid value. Matching delimiter not found '\(delimiter)'")
    }

    private static func nextLine(of rest: inout Substring.UnicodeScalarView) -> String? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { $0 != "\n" }
        rest = rest[line.endIndex...].dropFirst()
        return String(String.UnicodeScalarView(line))
    }

    private static func decode(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
        for (mark, isBig) in [([0xFF, 0xFE], false), ([0xFE, 0xFF], true)] as [([UInt8], Bool)] {
            guard bytes.starts(with: mark) else { continue }
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
                let pair = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
                return isBig ? pair.0 << 8 | pair.1 : pair.1 << 8 | pair.0
            }
            return String(decoding: units, as: UTF16.self)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension GitHubRunner {
    /// What becomes of a step's output.
    package static func log(of output: String) -> WorkflowLog {
        // CR LF is one end of a line, with no line in between that anybody sees.
        let lines = output.replacing("\r\n", by: "\n").lines { $0 == "\n" || $0 == "\r" }
        return lines.reduce(into: WorkflowLog()) { log, line in
            guard !line.isEmpty else { return }
            guard let command = command(in: line) else { return log.printed.append(line) }
            guard command.name == "add-mask" else { return log.commands.append(command) }
            guard command.data.contains(where: { !$0.isWhitespace }) else { return }
            log.masks.insert(command.data)
            for line in command.data.lines(endingAt: { $0 == "\n" || $0 == "\r" }) where !trim(line).isEmpty {
                log.masks.insert(trim(line))
            }
        }
    }

    private static func command(in line: String) -> WorkflowLog.Command? {
        let start = line.drop { $0.isWhitespace }
        if start.hasPrefix("::"), let end = start.dropFirst(2).firstRange(of: "::") {
            let name = start.dropFirst(2)[..<end.lowerBound].prefix { $0 != " " }.lowercased()
            if WorkflowLog.names.contains(name) {
                return WorkflowLog.Command(
                    name: name,
                    data: unescape(String(start[end.upperBound...]), ["%0D", "%0A", "%25"])
                )
            }
        }
        return oldCommand(in: line)
    }

    /// `##[name]data`, anywhere in the line.
    private static func oldCommand(in line: String) -> WorkflowLog.Command? {
        guard let start = line.firstRange(of: "##["), let end = line[start.upperBound...].firstRange(of: "]") else {
            return nil
        }
        let name = line[start.upperBound..<end.lowerBound].prefix { $0 != " " }.lowercased()
        guard WorkflowLog.names.contains(name) else { return nil }
        let data = unescape(String(line[end.upperBound...]), ["%3B", "%0D", "%0A", "%5D", "%25"])
        return WorkflowLog.Command(name: name, data: data)
    }

    private static func trim(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// Undoes escapes, one after the other.
package func unescape(_ text: String, _ escapes: [String]) -> String {
    escapes.reduce(text) { text, escape in
        let code = UInt8(escape.dropFirst(), radix: 16) ?? 0
        return text.replacing(escape, by: String(Unicode.Scalar(code)))
    }
}
