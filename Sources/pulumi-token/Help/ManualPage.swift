/// The manual page, as `man` reads it: pulumi-token(1).
enum ManualPage {
    static var text: String {
        var page = """
            .TH PULUMI-TOKEN 1 "" "pulumi-token \(Version.number)" ""
            .SH NAME
            pulumi-token \\- short-lived Pulumi access tokens for CI jobs
            .SH SYNOPSIS
            .B pulumi-token
            .I COMMAND
            .RI [ OPTION... ]
            .SH DESCRIPTION
            Uses the parent credential of a job to mint a Pulumi Cloud token that expires, masks it in the log,
            exports it to the job, and revokes it when the job ends.
            .SH COMMANDS

            """
        for command in Command.shown { page += section(of: command) }
        page += ".SH OPTIONS\nMost can also be set as variables, such as PULUMI_TOKEN_TTL for \\-\\-ttl.\n"
        page += "An option on the command line takes precedence over its variable.\n"
        for group in Option.Group.allCases {
            page += ".SS \(escaped(group.rawValue))\n"
            for option in Option.table where option.group == group { page += entry(option) }
        }
        page += ".SH ENVIRONMENT\n" + table(ManualTables.variables)
        page += ".SH FILES\n" + table(ManualTables.files)
        page += ".SH EXIT STATUS\n"
        for row in ExitCodeTable.rows { page += ".TP\n.B \(row.code)\n\(sentence(row.meaning, row.commands))\n" }
        page += ".SH SEE ALSO\n.BR pulumi (1),\n.BR make (1)\n.PP\n"
        page += "Full documentation: https://github.com/pulumi\\-token/pulumi\\-token/tree/main/docs\n"
        return page
    }

    private static func table(_ rows: [(name: String, meaning: String)]) -> String {
        rows.map { ".TP\n.B \(escaped($0.name))\n\(escaped($0.meaning))\n" }.joined()
    }

    private static func section(of command: Command) -> String {
        var text = ".SS \(escaped(command.rawValue)) \(escaped(command.operands))\n\(escaped(command.summary))\n"
        text += ".PP\n\(escaped(command.explanation))\n"
        for example in command.examples {
            text += ".PP\n\(escaped(example.meaning)):\n.PP\n.nf\n.RS\n\(escaped(example.line))\n.RE\n.fi\n"
        }
        return text
    }

    private static func entry(_ option: Option) -> String {
        var text = ".TP\n.B \(escaped(option.usage))\n\(escaped(option.help))"
        if !option.choices.isEmpty { text += "; one of: " + escaped(option.choices.joined(separator: ", ")) }
        if let fallback = option.fallback { text += "; default: " + escaped(fallback) }
        let commands =
            option.commands == Command.allCases
            ? "all commands" : option.commands.map(\.rawValue).joined(separator: ", ")
        return text + " (\(commands))\n"
    }

    private static func sentence(_ meaning: String, _ commands: [Command]?) -> String {
        escaped(meaning) + (commands.map { " (\($0.map(\.rawValue).joined(separator: ", ")))" } ?? "")
    }

    /// A hyphen would become a typographic one, and a dot or an apostrophe at the start a request.
    private static func escaped(_ text: String) -> String {
        let plain = text.flatMap { character -> [Character] in
            switch character {
            case "\\": ["\\", "e"]
            case "-": ["\\", "-"]
            default: [character]
            }
        }
        return plain.first == "." || plain.first == "'" ? "\\&" + String(plain) : String(plain)
    }
}
