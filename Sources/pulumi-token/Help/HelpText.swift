/// Help as plain text, in 80 columns.
enum HelpText {
    static let columns = 80

    static var overview: String {
        let width = Command.shown.map(\.rawValue.count).max() ?? 0
        let commands = Command.shown.map { command in
            hanging(command.rawValue, command.summary, indent: 2, column: width + 4)
        }
        let codes = ExitCodeTable.rows.map { hanging($0.code, $0.meaning, indent: 2, column: 9) }
        return """
            pulumi-token: short-lived Pulumi access tokens for CI jobs

            Usage: pulumi-token COMMAND [OPTION...]

            Commands:
            \(commands.joined())
            Examples:
              pulumi-token exec -- pulumi up --yes
              . "$(pulumi-token mint)" || exit; pulumi up --yes; pulumi-token revoke

            Most options can also be set as variables, such as PULUMI_TOKEN_TTL for --ttl.

            Exit codes:
            \(codes.joined())
            Run pulumi-token COMMAND --help to show the options of a command.

            """
    }

    static func of(_ command: Command) -> String {
        let usage = ["Usage: pulumi-token", command.rawValue, "[OPTION...]", command.operands]
        var parts = [
            "pulumi-token \(command.rawValue): \(wrapped(command.summary, indent: 0, first: 17 + command.rawValue.count))"
        ]
        parts.append(usage.filter { !$0.isEmpty }.joined(separator: " ") + "\n")
        let examples = command.examples.map { "  \($0.line)\n" + indented($0.meaning, by: 6) }
        parts.append("Examples:\n" + examples.joined())
        for group in Option.Group.allCases {
            let options = Option.options(of: command).filter { $0.group == group }
            if !options.isEmpty { parts.append(group.rawValue + ":\n" + options.map(entry).joined()) }
        }
        let codes = ExitCodeTable.rows(of: command).map { hanging($0.code, $0.meaning, indent: 2, column: 9) }
        parts.append("Exit codes:\n" + codes.joined())
        return parts.joined(separator: "\n")
    }

    private static func entry(_ option: Option) -> String {
        var text = "  \(option.usage)\n" + indented(option.help, by: 6)
        if !option.choices.isEmpty { text += indented("one of: \(option.choices.joined(separator: ", "))", by: 6) }
        if let fallback = option.fallback { text += indented("default: \(fallback)", by: 6) }
        if option.hasVariable { text += indented(option.variable, by: 6) }
        return text
    }

    /// A word and, from a column on, its explanation.
    private static func hanging(_ word: String, _ text: String, indent: Int, column: Int) -> String {
        let head = String(repeating: " ", count: indent) + word
        let gap = String(repeating: " ", count: max(1, column - head.count))
        return head + gap + wrapped(text, indent: column, first: column)
    }

    private static func indented(_ text: String, by indent: Int) -> String {
        String(repeating: " ", count: indent) + wrapped(text, indent: indent, first: indent)
    }

    /// The text with line breaks, ending in one.
    ///
    /// - Parameters:
    ///   - indent: of the lines after the first.
    ///   - first: the column in which the first line begins.
    private static func wrapped(_ text: String, indent: Int, first: Int) -> String {
        var lines = [""]
        var room = columns - first
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.count + 1 + word.count <= room {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
                room = columns - indent
            }
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent)) + "\n"
    }
}

extension Option {
    /// `-q, --quiet` or `--ttl DURATION`.
    var usage: String {
        let name = (short.map { "-\($0), " } ?? "") + "--" + name
        return placeholder.map { "\(name) \($0)" } ?? name
    }
}

extension Command {
    /// Those that people type; the launcher's own is explained by its name only.
    static let shown = allCases.filter { $0 != .action }
}
