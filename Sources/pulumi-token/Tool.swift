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
            return refuse(.unknownCommand(first.hasPrefix("-") ? nil : first, nearest: .nearest(to: first)))
        }
        return run(command, Array(words.dropFirst()))
    }

    private func run(_ command: Command, _ words: [String]) -> ExitCode {
        var context = speaking(.normal, of: command)
        do throws(Explanation) {
            let parser = ArgumentParser(command: command, environment: context.environment)
            let arguments = try explaining { () throws(UsageError) in try parser.parse(words) }
            if arguments.isOn(.help) { return Help.print(command, on: context) }
            try explaining { () throws(UsageError) in try parser.checkOperands(arguments) }
            context = speaking(verbosity(command, arguments), of: command)
            context.letsSecretsOut = command.letsSecretsOut(arguments)
            context.console.begin(section(of: command))
            if context.letsSecretsOut, let notice = context.system.maskingNotice { context.console.notice(notice) }
            defer { context.console.endSection() }
            return try execute(command, arguments, context)
        } catch {
            context.console.error(error)
            if command == .mint { FailedMint(words, in: context).leave(error.exitCode) }
            return command == .exec ? error.exitCode.beforeCommand : error.exitCode
        }
    }

    private func execute(
        _ command: Command,
        _ arguments: Arguments,
        _ context: Context
    ) throws(Explanation) -> ExitCode {
        switch command {
        case .mint: try MintCommand(arguments: arguments, context: context).run()
        case .revoke: try RevokeCommand(arguments: arguments, context: context).run()
        case .list: try ListCommand(arguments: arguments, context: context).run()
        case .sweep: try SweepCommand(arguments: arguments, context: context).run()
        case .action: try ActionCommand(arguments: arguments, context: context).run()
        case .help: try HelpCommand(arguments: arguments, context: context).run()
        case .completions: try CompletionsCommand(arguments: arguments, context: context).run()
        case .doctor: try DoctorCommand(arguments: arguments, context: context).run()
        case .exec: try ExecCommand(arguments: arguments, context: context).run()
        case .redact: try RedactCommand(arguments: arguments, context: context).run()
        }
    }

    /// What the command says of its work, folded away where the log is the job's own.
    private func section(of command: Command) -> LogSection? {
        switch command {
        case .mint, .exec: LogSection("mint a Pulumi token", in: context)
        case .revoke: LogSection("revoke the Pulumi token", in: context)
        default: nil
        }
    }

    private func verbosity(_ command: Command, _ arguments: Arguments) -> Console.Verbosity {
        // What `doctor` has to say is in its table.
        if arguments.isOn(.quiet) || command == .doctor && !arguments.isOn(.verbose) { return .quiet }
        return arguments.isOn(.verbose) || context.system.isTracing ? .verbose : .normal
    }

    /// The context with a console that fits the command.
    private func speaking(_ verbosity: Console.Verbosity, of command: Command? = nil) -> Context {
        var context = context
        context.console = Console(
            stream: context.standardError,
            system: context.system,
            verbosity: verbosity,
            inputNames: command == .action ? InputNames.table : []
        )
        // Whoever writes a secret where something else belongs must not read it in the message about that.
        for name in ["PULUMI_ACCESS_TOKEN", "INPUT_ACCESS-TOKEN"] {
            guard let value = context.environment.nonEmpty(name), value.utf8.count >= Self.shortestSecret else {
                continue
            }
            context.console.hide(Secret(value))
        }
        return context
    }

    /// What is shorter is a placeholder, such as `unset`; hiding it would hide parts of words.
    private static let shortestSecret = 8

    private func refuse(_ error: Explanation) -> ExitCode {
        speaking(.normal).console.error(error)
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

extension Explanation {
    static let noCommand = Explanation(.usage, "no command", hint: Help.pointer)

    /// The word is nil where it must not be shown.
    static func unknownCommand(_ word: String?, nearest: Command?) -> Explanation {
        Explanation(
            .usage,
            "unknown command" + (word.map { " \(quoted($0))" } ?? ""),
            hint: nearest.map { "did you mean \($0.rawValue)?" } ?? Help.pointer
        )
    }
}
