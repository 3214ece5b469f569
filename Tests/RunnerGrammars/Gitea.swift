/// Gitea's runner of 2026.
package enum Gitea {
    package static let files = ActFamily(longestLine: 16 << 20, skipsEmptyLines: true)

    /// What becomes of a step's output.
    package static func log(of output: String) -> WorkflowLog {
        output.lines { $0 == "\n" }.reduce(into: WorkflowLog()) { log, line in
            guard !line.isEmpty else { return }
            guard let groups = line.groups(of: "(?s)::([^ :]+)( [^:]*)?::(.*)"), let name = groups[0],
                let data = groups[2],
                WorkflowLog.names.contains(name)
            else { return log.printed.append(line) }
            let value = unescapeOnce(data)
            guard name == "add-mask" else { return log.commands.append(.init(name: name, data: value)) }
            // A mask of one character would hide everything.
            for line in value.lines(endingAt: { $0 == "\n" || $0 == "\r" }) where line.unicodeScalars.count > 1 {
                log.masks.insert(line)
            }
        }
    }

    private static func unescapeOnce(_ text: String) -> String {
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            let escape = ["%25": "%", "%0D": "\r", "%0A": "\n"].first { rest.starts(with: $0.key.unicodeScalars) }
            result += escape?.value ?? String(scalar)
            rest = rest.dropFirst(escape == nil ? 1 : 3)
        }
        return result
    }
}
