/// How the token is exported to the job.
extension Option {
    static let export = Option(
        name: "export",
        value: .choice(
            placeholder: "HOW",
            [
                "auto", "github", "file", "dotenv", "shell", "stdout", "json", "azure", "circleci", "buildkite",
                "helper", "none",
            ]
        ),
        group: .handover,
        commands: [.mint, .revoke, .doctor],
        help:
            "how to export the token; file[=PATH] and dotenv=PATH take a path; shell, stdout, and json print the secret; helper starts a server that the Pulumi CLI asks for a token, and prints its variables; revoke: only shell, which prints what unsets the variables of the token",
        fallback: "auto: github on GitHub-like systems, otherwise file"
    )

    static let shell = Option(
        name: "shell",
        value: .choice(placeholder: "NAME", ["sh", "bash", "zsh", "fish", "pwsh"]),
        group: .handover,
        commands: [.mint, .revoke, .doctor],
        help: "shell that reads the export",
        fallback: "sh"
    )

    static let environmentName = Option(
        name: "env-name",
        value: .list(placeholder: "NAME"),
        group: .handover,
        commands: mintingCommands + [.doctor],
        help: "variable that receives the token; may be repeated, or a list with commas",
        fallback: "PULUMI_ACCESS_TOKEN",
        input: .same
    )

    static let noIsolate = Option(
        name: "no-isolate",
        value: .none,
        group: .handover,
        commands: mintingCommands + [.doctor],
        help: "share the user's Pulumi credentials directory, in which the CLI stores a copy of the token",
        input: .opposite("isolate")
    )

    static let helper = Option(
        name: "helper",
        value: .none,
        group: .handover,
        commands: [.exec, .doctor],
        help:
            "start the command without a token; the Pulumi CLI, version 3.274 or later, asks for one when it needs it; "
            + "doctor asks as the CLI would",
        input: .same
    )

    static let noRedact = Option(
        name: "no-redact",
        value: .none,
        group: .handover,
        commands: [.exec],
        help: "do not redact the output of the command"
    )

    static let killAfter = Option(
        name: "kill-after",
        value: .text(placeholder: "DURATION"),
        group: .handover,
        commands: [.exec],
        help: "kill the command this long after a signal that asks it to end",
        fallback: "never"
    )

    static let onCancel = Option(
        name: "on-cancel",
        value: .text(placeholder: "COMMAND"),
        group: .handover,
        commands: [.exec],
        help: "run by sh -c, with the token, once a canceled command has ended and before the token is revoked"
    )
}
