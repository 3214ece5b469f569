import HostSystem
import TokenLifecycle

/// What people read when they ask for help.
enum Help {
    static let pointer = "run pulumi-token --help to list the commands"

    /// - Parameter command: nil for the whole tool.
    static func print(_ command: Command?, on context: Context) throws(Explanation) -> ExitCode {
        try Printing.text(command.map { HelpText.of($0) } ?? HelpText.overview, on: context.standardOutput)
        return .done
    }
}
