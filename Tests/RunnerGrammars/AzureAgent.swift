import _StringProcessing

/// Azure's agent, as far as it reads what a step writes.
package enum AzureAgent {
    private static let names: Set = ["task.setsecret", "task.setvariable", "task.logissue", "task.debug"]

    /// What becomes of a step's output: commands are found anywhere in a line.
    package static func log(of output: String) -> WorkflowLog {
        output.lines { $0 == "\n" }.reduce(into: WorkflowLog()) { log, line in
            guard !line.isEmpty else { return }
            guard let command = command(in: line) else { return log.printed.append(line) }
            switch command.name {
            case "task.setsecret": log.masks.insert(command.data)
            case "task.setvariable":
                if command.properties["issecret"] == "true" { log.masks.insert(command.data) }
                log.commands.append(.init(name: "set-variable", data: command.properties["variable"] ?? ""))
            default: log.commands.append(.init(name: command.properties["type"] ?? command.name, data: command.data))
            }
        }
    }

    /// The variables that a step's output sets.
    package static func variables(in output: String) -> [String: String] {
        output.lines { $0 == "\n" }.compactMap(command).filter { $0.name == "task.setvariable" }
            .reduce(into: [:]) { $0[$1.properties["variable"] ?? ""] = $1.data }
    }

    private static func command(in line: String) -> (name: String, properties: [String: String], data: String)? {
        guard let groups = line.groups(of: "(?s).*?##vso\\[([^ \\]]+)(?: ([^\\]]*))?\\](.*)"), let name = groups[0],
            names.contains(name)
        else { return nil }
        let pairs = (groups[1] ?? "").split(separator: ";").map {
            $0.split(separator: "=", maxSplits: 1).map(String.init)
        }
        let properties = pairs.filter { $0.count == 2 }.map { ($0[0], unescape($0[1], escapes)) }
        return (name, Dictionary(properties) { $1 }, unescape(groups[2] ?? "", escapes))
    }

    private static let escapes = ["%3B", "%0D", "%0A", "%5D"]
}
