import CISystems
import Credentials

/// The tables of the documentation, in Markdown.
enum ReferenceTables {
    static var text: String {
        var parts = ["## Commands\n", table(["command", "does"], Command.shown.map(row))]
        parts.append("## Options\n")
        parts.append(
            "Unless the table says otherwise, each option is also a variable: `PULUMI_TOKEN_` and its name. The\n"
                + "option takes precedence. In a variable, a list is comma-separated, and a switch is `true` or `false`.\n"
        )
        for group in Option.Group.allCases {
            parts.append("### \(group.rawValue)\n")
            parts.append(
                table(["option", "meaning", "default", "commands"], Option.table.filter { $0.group == group }.map(row))
            )
        }
        parts.append("## Inputs of the GitHub action\n")
        parts.append(
            "These inputs mean the same as the options. `action.yml` explains `access-token`, `export-env`, `revoke`,\n"
                + "and `summary`.\n"
        )
        let inputs = Option.table.compactMap { option in option.inputName.map { ["`\($0)`", "`--\(option.name)`"] } }
        parts.append(table(["input", "option"], inputs))
        parts.append("## Order of credentials\n")
        parts.append("The first one found is the parent credential. An option and its variable count the same.\n")
        parts.append(table(["credential", "remark"], CredentialSource.order.map { [$0.place, $0.remark] }))
        parts.append(
            "`--oidc-user`, `--oidc-team`, `--oidc-scope`, `--oidc-token-env`, and `--oidc-token-file` without an\n"
                + "organization are an error. So is a personal token without a user, before anything is sent.\n"
        )
        parts.append("## Order of Pulumi Clouds\n")
        parts.append("The first one found is used, in the same order as in the Pulumi CLI.\n")
        parts.append(table(["place", "remark"], CloudChoice.order.map { [$0.place, $0.remark] }))
        parts.append(
            "If a project names another cloud than `--cloud-url`, the input, or `PULUMI_API`, the command fails with\n"
                + "64 and names both. The job gets the cloud in `PULUMI_BACKEND_URL`, or in `PULUMI_API` if its own backend\n"
                + "is a DIY one. The CLI's directory is `PULUMI_CREDENTIALS_PATH`, then `PULUMI_HOME`, then `.pulumi` in\n"
                + "the home directory of the password database, even if `HOME` differs, and then in `HOME`.\n"
        )
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
