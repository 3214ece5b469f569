import CISystems
import HostSystem
import Secrets
import TokenLifecycle

/// The tool: finds the command, reads its words, runs it, and turns what went wrong into a message and an exit code.
struct Tool {
    let context: Context

    /// - Parameter words: the command line without the program's name.
    func run(_ words: [String]) -> ExitCode {
        guard let first = words.first else { return refuse(.noCommand) }
        if ["--version", "-V", "version"].contains(first) { return Version.print(words, on: context) }
        if ["--help", "-h"].contains(first) { return Help.print(nil, on: context) }
        guard let command = Command(rawValue: first) else {
            // An option in the place of a command may have a secret behind its equals sign.
            let word = first.hasPrefix("-") ? nil : first
            return refuse(.unknownCommand(word, nearest: Command.nearest(to: first)))
        }
        return run(command, Array(words.dropFirst()))
    }

    private func run(_ command: Command, _ words: [String]) -> ExitCode {
        var console = console(.normal, of: command)
        do throws(Explanation) {
            let parser = ArgumentParser(command: command, environment: context.environment)
            let arguments = try explaining { () throws(UsageError) in try parser.parse(words) }
            if arguments.isOn(.help) { return Help.print(command, on: context) }
            try explaining { () throws(UsageError) in try parser.checkOperands(arguments) }
            console = self.console(verbosity(command, arguments), of: command)
            console.begin(section(of: command))
            defer { console.endSection() }
            return try execute(command, arguments, console)
        } catch {
            console.error(error)
            if command == .mint { FailedMint(words, in: context).leave(error.exitCode) }
            return command == .exec ? error.exitCode.beforeCommand : error.exitCode
        }
    }

    private func execute(
        _ command: Command,
        _ arguments: Arguments,
        _ console: Console
    ) throws(Explanation) -> ExitCode {
        var context = context
        context.letsSecretsOut = command.letsSecretsOut(arguments)
        return try execute(command, arguments, context, console)
    }

    private func execute(
        _ command: Command,
        _ arguments: Arguments,
        _ context: Context,
        _ console: Console
    ) throws(Explanation) -> ExitCode {
        switch command {
        case .mint: try MintCommand(arguments: arguments, context: context, console: console).run()
        case .revoke: try RevokeCommand(arguments: arguments, context: context, console: console).run()
        case .list: try ListCommand(arguments: arguments, context: context, console: console).run()
        case .sweep: try SweepCommand(arguments: arguments, context: context, console: console).run()
        case .action: try ActionCommand(arguments: arguments, context: context, console: console).run()
        case .help: try HelpCommand(arguments: arguments, context: context).run()
        case .completions: try CompletionsCommand(arguments: arguments, context: context).run()
        case .doctor: try DoctorCommand(arguments: arguments, context: context, console: console).run()
        case .exec: try ExecCommand(arguments: arguments, context: context, console: console).run()
        case .redact: try RedactCommand(arguments: arguments, context: context).run()
        }
    }

    /// What the command says of its work, folded away where the log is the job's own.
    private func section(of command: Command) -> LogSection? {
        switch command {
        case .mint, .exec: context.section("mint a Pulumi token")
        case .revoke: context.section("revoke the Pulumi token")
        default: nil
        }
    }

    private func verbosity(_ command: Command, _ arguments: Arguments) -> Console.Verbosity {
        // What `doctor` has to say stands in its table.
        if arguments.isOn(.quiet) || command == .doctor && !arguments.isOn(.verbose) { return .quiet }
        return arguments.isOn(.verbose) || context.system.isTracing ? .verbose : .normal
    }

    private func console(_ verbosity: Console.Verbosity, of command: Command? = nil) -> Console {
        let console = Console(
            stream: context.standardError,
            system: context.system,
            verbosity: verbosity,
            namesInputs: command == .action
        )
        // Whoever writes a secret where something else belongs must not read it in the message about that.
        for name in ["PULUMI_ACCESS_TOKEN", "INPUT_ACCESS-TOKEN"] {
            guard let value = context.environment.nonEmpty(name), value.utf8.count >= Self.shortestSecret else {
                continue
            }
            console.hide(Secret(value))
        }
        return console
    }

    /// What is shorter is a placeholder, such as `unset`; hiding it would hide parts of words.
    private static let shortestSecret = 8

    private func refuse(_ error: ToolError) -> ExitCode {
        console(.normal).error(error)
        return error.exitCode
    }
}

extension Command {
    /// Whether what it does lets a secret reach the log in another way than through our own, redacted, lines.
    fileprivate func letsSecretsOut(_ arguments: Arguments) -> Bool {
        switch self {
        case .mint, .action: true
        case .exec: arguments.isOn(.noRedact)
        default: false
        }
    }
}

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
        guard expectsFile, !context.standardOutput.isTerminal else { return }
        FailedHandover(to: names, in: context).leave(exitCode, printed: nil)
    }

    /// Read leniently: the command line may be the very thing that is wrong.
    private var expectsFile: Bool {
        let how = last(of: "--export") ?? context.environment.nonEmpty(Option.export.variable) ?? "auto"
        if how == "auto" { return context.system.automaticExport == .file }
        return how == "file" || how.hasPrefix("file=")
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
