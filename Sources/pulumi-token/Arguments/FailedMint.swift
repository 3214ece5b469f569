import CISystems
import HostSystem
import TokenLifecycle

/// What a failed `mint` leaves on standard output, where a shell would source it.
struct FailedMint {
    private let words: [String]
    private let context: Context

    init(_ words: [String], in context: Context) {
        self.words = words
        self.context = context
    }

    /// Leaves a script if one was asked for, and not on a terminal, where nobody sources it.
    func leave(_ exitCode: ExitCode) {
        guard !context.standardOutput.isTerminal else { return }
        let failed = FailedExport(to: names, in: context)
        switch how.prefix(while: { $0 != "=" }) {
        case "shell", Arguments.helperExport:
            failed.printCommands(exitCode, for: last(of: "--shell").flatMap(Shell.init) ?? .sh)
        case "buildkite": failed.printCommands(exitCode, for: .bash)
        case "github", "dotenv", "stdout", "json", "azure", "circleci", "none": break
        // What is no export at all was meant to be one that a shell sources, as is `auto`.
        default: failed.leaveScript(exitCode)
        }
    }

    /// Read leniently: the command line may be the very thing that is wrong.
    private var how: String {
        last(of: "--export") ?? context.environment.nonEmpty(Option.export.variable) ?? "auto"
    }

    private var names: [String] {
        let listed = context.environment.nonEmpty(Option.environmentName.variable) ?? ""
        let names = all(of: "--env-name") + listed.split(separator: ",").map(String.init)
        return names.filter { VariableName.problem(with: $0) == nil }
    }

    private func last(of option: String) -> String? { all(of: option).last }

    private func all(of option: String) -> [String] {
        words.indices.compactMap { index in
            if words[index].hasPrefix(option + "=") { return String(words[index].dropFirst(option.count + 1)) }
            return words[index] == option && index + 1 < words.count ? words[index + 1] : nil
        }
    }
}
