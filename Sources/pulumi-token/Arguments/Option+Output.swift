/// What is shown, and how.
extension Option {
    static let all = Option(
        name: "all",
        value: .none,
        group: .scope,
        commands: [.list],
        help: "every token of the user",
        hasVariable: false
    )

    static let wide = Option(
        name: "wide",
        value: .none,
        group: .output,
        commands: [.list],
        help: "whole descriptions, with the tag of pulumi-token",
        hasVariable: false
    )

    static let check = Option(
        name: "check",
        value: .none,
        group: .scope,
        commands: [.list],
        help: "exit 1 if a token has no record on this machine and no job that runs",
        hasVariable: false
    )

    static let redactedVariable = Option(
        name: "env",
        value: .list(placeholder: "NAME"),
        group: .scope,
        commands: [.redact],
        help: "variable whose value is replaced; may be repeated, or a list with commas",
        fallback: "PULUMI_ACCESS_TOKEN",
        hasVariable: false
    )

    static let events = Option(
        name: "events",
        value: .text(placeholder: "FILE"),
        group: .output,
        commands: cloudCommands,
        help: "append to this file one line of JSON for each thing that happens to a token, without values",
        input: .same
    )

    static let json = Option(
        name: "json",
        value: .none,
        group: .output,
        commands: [.revoke, .list, .sweep, .events, .doctor],
        help: "print JSON, for a program",
        hasVariable: false
    )

    static let jsonFile = Option(
        name: "json-file",
        value: .text(placeholder: "FILE"),
        group: .output,
        commands: [.exec],
        help: "write to this file, in JSON, how the command ended and what became of its token"
    )

    static let format = Option(
        name: "format",
        value: .choice(placeholder: "FORMAT", ["text", "man", "markdown"]),
        group: .output,
        commands: [.help],
        help: "text, a manual page of all commands, or the tables of the documentation",
        fallback: "text",
        hasVariable: false
    )

    static let quiet = Option(
        name: "quiet",
        short: "q",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "print only warnings and errors"
    )

    static let verbose = Option(
        name: "verbose",
        short: "v",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "trace requests and retries, without secrets"
    )

    static let help = Option(
        name: "help",
        short: "h",
        value: .none,
        group: .output,
        commands: Command.allCases,
        help: "show the help of the command",
        hasVariable: false
    )
}
