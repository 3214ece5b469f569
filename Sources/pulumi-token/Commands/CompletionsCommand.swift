import HostSystem
import TokenLifecycle

/// `pulumi-token completions bash|zsh|fish`.
struct CompletionsCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        let script: String
        switch arguments.operands.first {
        case "bash": script = BashCompletions.script
        case "zsh": script = ZshCompletions.script
        case "fish": script = FishCompletions.script
        default: throw .unknownShell
        }
        try Printing.text(script, on: context.standardOutput)
        return .done
    }
}

extension Explanation {
    static let unknownShell = Explanation(
        .usage,
        "completions needs bash, zsh, or fish",
        hint: "use one of them"
    )
}
