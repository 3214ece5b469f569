import CISystems
import HostSystem
import Redaction
import Secrets
import TokenLifecycle

/// The tool: finds the command, reads its words, runs it, and turns what went wrong into a message and an exit code.
struct Tool {
    let context: Context

    /// - Parameter words: the command line without the program's name.
    func run(_ words: [String]) -> ExitCode {
        do throws(Explanation) {
            switch Invocation(words) {
            case .nothing:
                // Not standard output and 0: a script that forgot the command has not minted anything.
                _ = try? context.standardError.write(HelpText.overview)
                return .usage
            case .overview: return try Help.print(nil, on: context)
            case .version(let isVerbose): return try Version.print(isVerbose: isVerbose, on: context)
            case .command(let command, let words): return run(command, words)
            case .unknown(let word, let nearest): throw .unknownCommand(word, nearest: nearest)
            case .unknownOption(let error): throw Explanation(error)
            }
        } catch {
            speaking(.normal).console.error(error)
            return error.exitCode
        }
    }

    private func run(_ command: Command, _ words: [String]) -> ExitCode {
        var context = speaking(.normal, of: command)
        do throws(Explanation) {
            let parser = ArgumentParser(command: command, environment: context.environment)
            let arguments = try explaining { () throws(UsageError) in try parser.parse(words) }
            if arguments.isOn(.help) { return try Help.print(command, on: context) }
            try explaining { () throws(UsageError) in try parser.checkOperands(arguments) }
            context = speaking(verbosity(command, arguments), of: command)
            context.letsSecretsOut = command.letsSecretsOut(arguments)
            context.trail = try Trail(arguments, in: context, mustWork: Option.mintingCommands.contains(command))
            if command.readsVariables {
                for notice in UnknownVariables.notices(in: context.environment) { context.console.notice(notice) }
            }
            context.console.begin(section(of: command))
            if context.letsSecretsOut, let notice = context.system.maskingNotice { context.console.notice(notice) }
            defer { context.console.endSection() }
            return try execute(command, arguments, context)
        } catch {
            context.console.error(error)
            if command == .mint { FailedMint(words, in: context).leave(error.exitCode) }
            if command == .revoke { RevocationExport(words, in: context)?.fail(error.exitCode) }
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
        case .events: try EventsCommand(arguments: arguments, context: context).run()
        case .action: try ActionCommand(arguments: arguments, context: context).run()
        case .help: try HelpCommand(arguments: arguments, context: context).run()
        case .completions: try CompletionsCommand(arguments: arguments, context: context).run()
        case .doctor: try DoctorCommand(arguments: arguments, context: context).run()
        case .exec: try ExecCommand(arguments: arguments, context: context).run()
        case .credentialHelper: try CredentialHelperCommand(context: context).run()
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
        // Standard error is the CLI's, which shows it to whoever it likes.
        if command == .credentialHelper { return .quiet }
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
            isTerse: command == .credentialHelper,
            inputNames: command == .action ? InputNames.table : []
        )
        // Whoever writes a secret where something else belongs must not read it in the message about that.
        for name in ["PULUMI_ACCESS_TOKEN", "INPUT_ACCESS-TOKEN"] {
            // In what a command prints, too, a placeholder is to stay what it is.
            if let value = context.environment.nonEmpty(name), value.utf8.count >= TextRedactor.shortestSecret {
                context.console.hide(Secret(value))
            }
        }
        return context
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
    static func unknownCommand(_ word: String, nearest: Command?) -> Explanation {
        Explanation(
            .usage,
            "unknown command \(quoted(word))",
            hint: nearest.map { "did you mean \($0.rawValue)?" } ?? Help.pointer
        )
    }
}
