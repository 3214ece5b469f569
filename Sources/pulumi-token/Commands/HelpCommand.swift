import HostSystem
import TokenLifecycle

/// `pulumi-token help [COMMAND]`.
struct HelpCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        switch arguments.text(of: .format) {
        case "man": try Printing.text(ManualPage.text, on: context.standardOutput)
        case "markdown": try Printing.text(ReferenceTables.text, on: context.standardOutput)
        default:
            let command = try arguments.operands.first.map { word throws(Explanation) in try self.command(word) }
            return try Help.print(command, on: context)
        }
        return .done
    }

    private func command(_ word: String) throws(Explanation) -> Command {
        if let command = Command(rawValue: word) { return command }
        throw .unknownCommand(word, nearest: .nearest(to: word))
    }
}
