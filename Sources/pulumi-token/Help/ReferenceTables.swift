import CISystems

/// The tables of the documentation, in Markdown.
enum ReferenceTables {
    static var text: String {
        var parts = ["## Commands\n", table(["command", "does"], Command.shown.map(row))]
        parts.append("## Options\n")
        parts.append(
            "Each is also a variable, `PULUMI_TOKEN_` and its name, unless it says otherwise. A flag beats its variable;\n"
                + "lists are comma-separated there, switches are `true` or `false`.\n"
        )
        for group in Option.Group.allCases {
            parts.append("### \(group.rawValue)\n")
            parts.append(
                table(["option", "meaning", "default", "commands"], Option.table.filter { $0.group == group }.map(row))
            )
        }
        parts.append("## Inputs of the GitHub action\n")
        parts.append(
            "Those inputs that are options too mean the same; `access-token`, `export-env`, `revoke` and `summary`\n"
                + "are explained in `action.yml`.\n"
        )
        let inputs = Option.table.compactMap { option in option.inputName.map { ["`\($0)`", "`--\(option.name)`"] } }
        parts.append(table(["input", "option"], inputs))
        parts.append("## Exit codes\n")
        parts.append(table(["code", "meaning"], ExitCodeTable.rows.map(row)))
        return parts.joined(separator: "\n")
    }

    private static func row(_ command: Command) -> [String] {
        ["`\(command.rawValue)\(command.operands.isEmpty ? "" : " " + command.operands)`", command.summary]
    }

    private static func row(_ option: Option) -> [String] {
        let choices = option.choices.isEmpty ? "" : ": " + option.choices.map { "`\($0)`" }.joined(separator: ", ")
        let commands =
            option.commands == Command.allCases ? "all" : option.commands.map(\.rawValue).joined(separator: ", ")
        let usage = option.hasVariable ? "`\(option.usage)`" : "`\(option.usage)` (no variable)"
        return [usage, option.help + choices, option.fallback ?? "", commands]
    }

    private static func row(_ code: ExitCodeTable.Row) -> [String] {
        let commands = code.commands.map { " (`\($0.map(\.rawValue).joined(separator: ", "))`)" } ?? ""
        return [code.code, code.meaning + commands]
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.map(cell).joined(separator: " | ") + " |\n" }.joined()
    }

    private static func cell(_ text: String) -> String { substituting("|", with: "\\|", in: text) }
}
