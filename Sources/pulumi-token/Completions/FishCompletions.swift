import CISystems

/// Completion for fish.
enum FishCompletions {
    static var script: String {
        var lines = [
            "# fish completion for pulumi-token: pulumi-token completions fish | source",
            "complete -c pulumi-token -f",
            command,
        ]
        for command in Command.shown {
            lines.append(
                "complete -c pulumi-token -n __fish_use_subcommand -a \(command.rawValue) -d \(quoted(command.summary))"
            )
        }
        lines += ["help", "version"].map { "complete -c pulumi-token -n __fish_use_subcommand -l \($0)" }
        for command in Command.shown {
            let condition = "-n '__fish_seen_subcommand_from \(command.rawValue)'"
            for option in Option.options(of: command) {
                lines.append("complete -c pulumi-token \(condition) \(entry(option))")
            }
            switch Completion.operands(of: command) {
            case .words(let words):
                lines.append("complete -c pulumi-token \(condition) -a '\(words.joined(separator: " "))'")
            case .filesAfter(let word):
                lines.append("complete -c pulumi-token \(condition) -a \(word)")
                lines.append("complete -c pulumi-token -n '__fish_seen_subcommand_from \(word)' -F")
            default: break
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What follows `--` is a command line of its own.
    private static let command = """
        function __pulumi_token_command
            set -l words (commandline -opc)
            set -l place (contains -i -- -- $words); or return
            set -l rest (string escape -- $words[(math $place + 1)..-1]) (commandline -ct)
            complete -C "$rest"
        end
        complete -c pulumi-token -n 'contains -- -- (commandline -opc)' -x -a '(__pulumi_token_command)'
        """

    private static func entry(_ option: Option) -> String {
        var text = "-l \(option.name)" + (option.short.map { " -s \($0)" } ?? "")
        switch Completion.value(of: option) {
        case nil: break
        case .words(let words)?: text += " -x -a '\(words.joined(separator: " "))'"
        case .files?, .filesAfter?: text += " -r -F"
        case .variables?: text += " -x -a '(set -nx)'"
        case .nothing?: text += " -x"
        }
        return text + " -d \(quoted(option.help))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + ["\\", "'"].reduce(text) { substituting($1, with: "\\" + $1, in: $0) } + "'"
    }
}
