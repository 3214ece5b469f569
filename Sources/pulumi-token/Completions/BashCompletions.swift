/// Completion for bash, also for the 3.2 of macOS.
enum BashCompletions {
    static var script: String {
        """
        # bash completion for pulumi-token: . <(pulumi-token completions bash)
        _pulumi_token_reply() {
            local line
            COMPREPLY=()
            while IFS= read -r line; do COMPREPLY+=("$before$line"); done < <(compgen "$@" -- "$word")
        }
        # Names of files are quoted, and folders go on with a slash; bash 3.2 does without.
        _pulumi_token_files() {
            _pulumi_token_reply "$@"
            compopt -o filenames 2>/dev/null
        }
        # The words of another command: by its own completion, if bash-completion is loaded.
        _pulumi_token_command() {
            if [ "$COMP_CWORD" -eq "$1" ]; then
                case $word in
                */*) _pulumi_token_files -f ;;
                *) _pulumi_token_reply -c ;;
                esac
            elif declare -F _command_offset >/dev/null; then
                _command_offset "$1"
            else
                _pulumi_token_files -f
            fi
        }
        _pulumi_token() {
            local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' before='' index
            COMPREPLY=()
            for ((index = 1; index < COMP_CWORD; index++)); do
                case ${COMP_WORDS[index]} in
                --) [ "$command" != exec ] || { _pulumi_token_command $((index + 1)); return; } ;;
                \(Completion.optionsWithValue.joined(separator: "|")))
                    [ "${COMP_WORDS[index+1]}" != = ] || ((index++))
                    ((index++)) ;;
                -*) ;;
                *)
                    [ "$command" != exec ] || { _pulumi_token_command "$index"; return; }
                    [ -n "$command" ] || command=${COMP_WORDS[index]} ;;
                esac
            done
            # --export=d is one word or three, as COMP_WORDBREAKS says.
            case $word in
            --*=*) previous=${word%%=*} before=${word%%=*}= word=${word#*=} ;;
            =) word='' ;;
            *) [ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD-2]} ;;
            esac
            case $previous in
        \(values)    esac
            case $command in
        \(commands)    '') _pulumi_token_reply -W "\(Command.shown.map(\.rawValue).joined(separator: " ")) --help --version" ;;
            esac
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
            switch Completion.operands(of: command) {
            case .words(let operands): words += " " + operands.joined(separator: " ")
            case .filesAfter(let word):
                let isAfter = "[[ $word != -* && \" ${COMP_WORDS[*]:1:COMP_CWORD-1} \" == *\" \(word) \"* ]]"
                words += " " + word
                return "    \(command.rawValue)) if \(isAfter); then _pulumi_token_files -f; "
                    + "else _pulumi_token_reply -W \"\(words)\"; fi ;;\n"
            default: break
            }
            return "    \(command.rawValue)) _pulumi_token_reply -W \"\(words)\" ;;\n"
        }.joined()
    }

    private static func reply(_ value: Completion.Value) -> String {
        switch value {
        case .words(let words): "_pulumi_token_reply -W \"\(words.joined(separator: " "))\""
        case .files, .filesAfter: "_pulumi_token_files -f"
        case .variables: "_pulumi_token_reply -v"
        case .nothing: ":"
        }
    }
}
