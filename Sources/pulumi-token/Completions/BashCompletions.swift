/// Completion for bash, also for the 3.2 of macOS.
enum BashCompletions {
    static var script: String {
        """
        # bash completion for pulumi-token: . <(pulumi-token completions bash)
        _pulumi_token() {
            local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
            COMPREPLY=()
            if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W "\(Command.shown.map(\.rawValue).joined(separator: " ")) --help --version" -- "$word"))
                return
            fi
            if [ "$command" = exec ]; then
                local index
                for ((index = 2; index < COMP_CWORD; index++)); do
                    if [ "${COMP_WORDS[index]}" = -- ]; then
                        COMPREPLY=($(compgen -c -f -- "$word"))
                        return
                    fi
                done
            fi
            case $previous in
        \(values)    esac
            case $command in
        \(commands)    esac
        }
        complete -F _pulumi_token pulumi-token

        """
    }

    private static var values: String {
        Option.table.compactMap { option in
            Completion.value(of: option).map { value in
                "    \(Completion.names(of: option).joined(separator: "|"))) \(reply(value)); return ;;\n"
            }
        }.joined()
    }

    private static var commands: String {
        Command.shown.map { command in
            let options = Option.options(of: command).map { "--" + $0.name }.joined(separator: " ")
            var words = options
            if case .words(let operands) = Completion.operands(of: command) {
                words += " " + operands.joined(separator: " ")
            }
            return "    \(command.rawValue)) COMPREPLY=($(compgen -W \"\(words)\" -- \"$word\")) ;;\n"
        }.joined()
    }

    private static func reply(_ value: Completion.Value) -> String {
        switch value {
        case .words(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\"))"
        case .files: "COMPREPLY=($(compgen -f -- \"$word\"))"
        case .variables: "COMPREPLY=($(compgen -v -- \"$word\"))"
        case .nothing: ":"
        }
    }
}
