import HostSystem
import JSON
import TokenLifecycle

/// `pulumi-token doctor`: says what would be used, and whether minting should work; mints nothing.
struct DoctorCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        let checks = arguments.isOn(.helper) ? helperChecks : mintChecks
        if let signal = context.interruption.signal { throw .interrupted(by: signal) }
        let shown = arguments.isOn(.quiet) ? checks.filter { $0.status != .ok } : checks
        if arguments.isOn(.json) {
            try Printing.json(in: context) { list in
                list.member("version", 1)
                list.member("checks", array: shown) { $1.write(to: &$0) }
            }
        } else {
            try Printing.text(table(shown), in: context)
        }
        return Check.exitCode(of: checks)
    }

    private var mintChecks: [Check] {
        CloudChecks(arguments: arguments, context: context).all
            + JobChecks(arguments: arguments, context: context).all
            + [HelperChecks(arguments: arguments, context: context).cli].compactMap(\.self)
    }

    /// Where a helper has the credential, nothing else could be said of it.
    private var helperChecks: [Check] {
        let checks = HelperChecks(arguments: arguments, context: context)
        return [checks.cli, checks.helper].compactMap(\.self)
    }

    private func table(_ checks: [Check]) -> String {
        let width = checks.map(\.name.rawValue.count).max() ?? 0
        return checks.map { check in
            let gap = String(repeating: " ", count: width - check.name.rawValue.count)
            let hint = check.hint.map { "\n" + String(repeating: " ", count: width + 11) + "hint: \($0)" } ?? ""
            return "\(mark(check.status))  \(check.name.rawValue)\(gap)  \(context.console.safe(check.detail))\(hint)\n"
        }.joined()
    }

    /// Words, because colours alone would not reach everybody.
    private func mark(_ status: Check.Status) -> String {
        let style = TerminalStyle(of: context.standardOutput, context.environment)
        switch status {
        case .ok: return style.green("ok     ")
        case .warning: return style.yellow("warning")
        case .broken: return style.red("broken ")
        }
    }
}
