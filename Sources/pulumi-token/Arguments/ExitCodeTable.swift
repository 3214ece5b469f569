import HostSystem

/// What each exit code means: help, the manual page, and the documentation show it.
enum ExitCodeTable {
    struct Row {
        var code: String
        var meaning: String
        /// nil for every command.
        var commands: [Command]?
    }

    static let rows: [Row] = [
        Row(code: "0", meaning: "done"),
        Row(code: "1", meaning: "failed"),
        Row(code: "64", meaning: "the command line, a variable, or an input is wrong"),
        Row(code: "65", meaning: "a file has invalid content"),
        Row(code: "66", meaning: "a file cannot be read"),
        Row(code: "69", meaning: "Pulumi Cloud is not available, or a token could not be revoked"),
        Row(code: "73", meaning: "an export or a lease cannot be written"),
        Row(code: "77", meaning: "the credential is missing, rejected, or not allowed to do this"),
        Row(code: "125", meaning: "something failed before the command ran", commands: [.exec]),
        Row(code: "126", meaning: "the command cannot be executed", commands: [.exec]),
        Row(code: "127", meaning: "the command was not found", commands: [.exec]),
        Row(code: "128+N", meaning: "ended by signal N"),
    ]

    /// Those that a command can end with.
    static func rows(of command: Command) -> [Row] {
        switch command {
        case .exec:
            [Row(code: "0-255", meaning: "the exit code of the command")] + rows.filter { $0.commands == [.exec] }
                + rows.filter { $0.code == "128+N" }
        case .events: rows.filter { ["0", "64", "65", "66", "73", "128+N"].contains($0.code) }
        case .redact: rows.filter { ["0", "64", "66", "73"].contains($0.code) }
        case .completions, .help: rows.filter { ["0", "64", "73"].contains($0.code) }
        default: rows.filter { $0.commands == nil }
        }
    }
}
