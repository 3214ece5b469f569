import HostSystem
import Redaction
import Secrets
import Supervision
import TokenLifecycle

/// `pulumi-token redact`: copies standard input to standard output without the values of some variables.
struct RedactCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        var filter = OutputFilter(
            reading: 0,
            named: "standard input",
            isTerminal: false,
            to: context.standardOutput,
            hiding: HiddenSecrets(try secrets()),
            clock: context.clock
        )
        do throws(FileError) {
            let ending = try filter.copy(stop: -1, interruption: context.interruption.descriptor)
            guard ending == .interrupted, let signal = context.interruption.signal else { return .done }
            return .ended(by: signal)
        } catch {
            // What `cat` would end by, and as silently.
            if error.isBrokenPipe { return .ended(by: FileError.brokenPipeSignal) }
            throw error.operation == .read ? .unreadable(error) : .unwritable(error)
        }
    }

    private func secrets() throws(Explanation) -> [Secret] {
        let names = arguments.list(of: .redactedVariable).map(\.text)
        let environment = CommandEnvironment(context.start.environment, withoutNames: [], orValues: [])
        var secrets: [Secret] = []
        for name in names.isEmpty ? ["PULUMI_ACCESS_TOKEN"] : names {
            let value = environment.inheritedValue(of: name)
            guard let value, !value.isEmpty else {
                throw .nothingToHide(variable: name, isSet: value != nil)
            }
            secrets.append(Secret(value))
        }
        return secrets
    }
}

extension Explanation {
    static func nothingToHide(variable: String, isSet: Bool) -> Explanation {
        Explanation(
            .usage,
            "nothing to redact: the variable \(quoted(variable)) \(isSet ? "is empty" : "is not set")",
            hint: "set the variable, or use --env to name others"
        )
    }

    static func unreadable(_ error: FileError) -> Explanation {
        Explanation(
            .unreadableFile,
            "cannot read \(error.path): \(error.reason)",
            hint: "check the program at the other end of the pipe"
        )
    }
}
