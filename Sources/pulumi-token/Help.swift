import HostSystem
import TokenLifecycle

/// What people read when they ask for help.
enum Help {
    static let pointer = "see pulumi-token --help"

    static func print(_ command: Command?, on context: Context) -> ExitCode {
        let text = command.map { "\($0.rawValue): \($0.summary)\n" } ?? overview
        return (try? context.standardOutput.write(text)) == nil ? .cannotWrite : .done
    }

    private static var overview: String {
        Command.allCases.map { "  \($0.rawValue)  \($0.summary)\n" }.joined()
    }
}

/// `pulumi-token help [COMMAND]`.
struct HelpCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        guard let word = arguments.operands.first else { return Help.print(nil, on: context) }
        guard let command = Command(rawValue: word) else {
            throw Explanation(.usage, "there is no command \(quoted(word))", hint: Help.pointer)
        }
        return Help.print(command, on: context)
    }
}
