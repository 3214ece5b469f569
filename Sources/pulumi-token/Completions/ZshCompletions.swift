import CISystems

/// Completion for zsh.
enum ZshCompletions {
    static var script: String {
        """
        #compdef pulumi-token
        # zsh completion for pulumi-token: source <(pulumi-token completions zsh), after compinit,
        # or a file _pulumi-token in a folder of fpath.
        _pulumi_token() {
            local -a subcommands
            subcommands=(
        \(Command.shown.map { "        \(quoted("\($0.rawValue):\($0.summary)"))\n" }.joined())    )
            integer index=2
            while (( index < CURRENT )) && [[ $words[index] == -* ]]; do
                case $words[index] in
                \(Completion.optionsWithValue.joined(separator: "|"))) (( index += 2 )) ;;
                *) (( index += 1 )) ;;
                esac
            done
            if (( index >= CURRENT )); then
                _describe command subcommands
                return
            fi
            local subcommand=$words[index]
            if (( index > 2 )); then
                words=("$words[1]" "$words[index]" "${(@)words[2,index-1]}" "${(@)words[index+1,-1]}")
            fi
            shift words
            (( CURRENT -= 1 ))
            # What follows -- is a command line of its own.
            integer dashes=${words[(i)--]}
            if [[ $subcommand == exec ]] && (( dashes < CURRENT )); then
                shift $dashes words
                (( CURRENT -= dashes ))
                _normal
                return
            fi
            case $subcommand in
        \(Command.shown.map(arguments).joined())    esac
        }
        # Loaded from fpath, this file is the function itself, and the first Tab is to complete already.
        if [[ $funcstack[1] == _pulumi[-_]token ]]; then
            _pulumi_token "$@"
        else
            compdef _pulumi_token pulumi-token
        fi

        """
    }

    private static func arguments(of command: Command) -> String {
        var specifications = Option.options(of: command).map(specification)
        switch (command, Completion.operands(of: command)) {
        case (.exec, _): specifications.append("'*::command:_normal'")
        case (_, .words(let words)): specifications.append("'1:what:(\(words.joined(separator: " ")))'")
        case (_, .filesAfter(let word)): specifications += ["'1:what:(\(word))'", "'*:file:_files'"]
        default: break
        }
        return "    \(command.rawValue)) _arguments -S \\\n        "
            + specifications.joined(separator: " \\\n        ") + " ;;\n"
    }

    private static func specification(_ option: Option) -> String {
        let names = Completion.names(of: option)
        let repeats = if case .list = option.value { "*" } else { "" }
        let action =
            switch Completion.value(of: option) {
            case nil: ""
            case .words(let words)?: ":value:(\(words.joined(separator: " ")))"
            case .files?, .filesAfter?: ":file:_files"
            case .variables?: ":variable:_parameters"
            case .nothing?: ":\(option.placeholder?.lowercased() ?? "value"):"
            }
        let text =
            "[\(["[", "]", ":"].reduce(option.help) { substituting($1, with: "\\" + $1, in: $0) })]\(action)"
        // With the sign, the value may stand behind it or in the next word.
        let sign = option.placeholder == nil ? "" : "="
        guard names.count > 1 else { return quoted(repeats + names[0] + sign + text) }
        return "'(\(names.joined(separator: " ")))'{\(names.joined(separator: ","))}\(quoted(text))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + substituting("'", with: "'\\''", in: text) + "'"
    }
}
