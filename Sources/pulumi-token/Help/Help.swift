import HostSystem
import TokenLifecycle

/// What people read when they ask for help.
enum Help {
    static let pointer = "see pulumi-token --help"

    /// - Parameter command: nil for the whole tool.
    static func print(_ command: Command?, on context: Context) -> ExitCode {
        let text = command.map { HelpText.of($0) } ?? HelpText.overview
        return (try? context.standardOutput.write(text)) == nil ? .cannotWrite : .done
    }
}
