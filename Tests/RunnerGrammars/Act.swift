/// act, in its own words.
package enum Act {
    package static let files = ActFamily()

    /// What becomes of a step's output; several things may, because escapes are undone in random order.
    package static func logs(of output: String) -> [WorkflowLog] {
        let orders = [
            ["%25", "%0D", "%0A"], ["%25", "%0A", "%0D"], ["%0D", "%25", "%0A"], ["%0A", "%25", "%0D"],
            ["%0D", "%0A", "%25"], ["%0A", "%0D", "%25"],
        ]
        return orders.map { order in
            lines(of: output).reduce(into: WorkflowLog()) { log, line in
                let groups =
                    line.groups(of: "(?s)::([^ ]+)( (.+))?::([^\\r\\n]*)[\\r\\n]+")
                    ?? line.groups(of: "(?s)##\\[([^ ]+)( (.+))?\\]([^\\r\\n]*)[\\r\\n]+")
                guard let groups, let name = groups[0], let data = groups[3] else { return log.printed.append(line) }
                switch name {
                case "add-mask": log.masks.insert(unescape(data, order))
                case _ where WorkflowLog.names.contains(name):
                    log.commands.append(.init(name: name, data: unescape(data, order)))
                // What it does not know, it shows.
                default: log.printed.append(line)
                }
            }
        }
    }

    /// The lines with their ends, as they come.
    private static func lines(of output: String) -> [String] {
        var lines = output.lines { $0 == "\n" }.map { $0 + "\n" }
        let last = lines.removeLast()
        if last != "\n" { lines.append(String(last.unicodeScalars.dropLast())) }
        return lines
    }
}
