import CISystems

/// Completion for zsh.
enum ZshCompletions {
    static var script: String {
        """
        #compdef pulumi-token
        # zsh completion for pulumi-token: source <(pulumi-token completions zsh), after compinit
        _pulumi_token() {
            local -a commands
            commands=(
        \(Command.shown.map { "        \(quoted("\($0.rawValue):\($0.summary)"))\n" }.joined())    )
            if (( CURRENT == 2 )); then
                _describe command commands
                return
            fi
            local command=$words[2]
            shift words
            (( CURRENT-- ))
            case $command in
        \(Command.shown.map(arguments).joined())    esac
        }
        compdef _pulumi_token pulumi-token

        """
    }

    private static func arguments(of command: Command) -> String {
        var specifications = Option.options(of: command).map(specification)
        switch (command, Completion.operands(of: command)) {
        case (.exec, _): specifications.append("'*::command:_normal'")
        case (_, .words(let words)): specifications.append("'1:what:(\(words.joined(separator: " ")))'")
        default: break
        }
        return "    \(command.rawValue)) _arguments \\\n        "
            + specifications.joined(separator: " \\\n        ") + " ;;\n"
    }

    private static func specification(_ option: Option) -> String {
        let names = Completion.names(of: option)
        let repeats = if case .list = option.value { "*" } else { "" }
        let action =
            switch Completion.value(of: option) {
            case nil: ""
            case .words(let words)?: ":value:(\(words.joined(separator: " ")))"
            case .files?: ":file:_files"
            case .variables?: ":variable:_parameters"
            case .nothing?: ":\(option.placeholder?.lowercased() ?? "value"):"
            }
        let text =
            "[\(["[", "]", ":"].reduce(option.help) { substituting($1, with: "\\" + $1, in: $0) })]\(action)"
        guard names.count > 1 else { return quoted(repeats + names[0] + text) }
        return "'(\(names.joined(separator: " ")))'{\(names.joined(separator: ","))}\(quoted(text))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + substituting("'", with: "'\\''", in: text) + "'"
    }
}
