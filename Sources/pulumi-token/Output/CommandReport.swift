import HostSystem
import JSON
import Supervision
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The file of `exec --json-file`: how the command ended, and what became of its token.
struct CommandReport: ~Copyable {
    /// nil when nobody asks for it.
    private let file: Descriptor?
    var session: String?
    var rows = RevocationRows()

    /// Opens the file before anything is minted, and empties it: one that is empty in the end is of an `exec` that was killed.
    init(_ arguments: Arguments, in context: Context) throws(Explanation) {
        guard let value = arguments.value(of: .jsonFile) else {
            file = nil
            return
        }
        let path = try context.path(value)
        do throws(FileError) {
            // A pipe without a reader would block for ever.
            file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_NONBLOCK)
        } catch {
            throw .unwritableReport(error)
        }
    }

    /// - Parameters:
    ///   - outcome: nil when the command was not run.
    ///   - error: why it was not.
    /// - Returns: the code with which `exec` ends: this one, unless all is well but for the file.
    borrowing func write(
        _ code: ExitCode,
        of outcome: CommandOutcome?,
        _ error: Explanation? = nil,
        in context: Context
    ) -> ExitCode {
        let line = JSONText.plainObject { text in
            text.member("version", 1)
            text.member("session", session)
            text.member("exitCode", Int64(code.rawValue))
            text.member("error", error?.message)
            if let outcome { text.member("command", object: outcome.write) }
            rows.write(to: &text)
        }
        do throws(FileError) {
            try file?.write(Array((context.console.withoutSecrets(line) + "\n").utf8))
            return code
        } catch {
            context.console.error(Explanation.unwritableReport(error))
            return code == .done ? .cannotWrite : code
        }
    }
}

extension CommandOutcome {
    /// Members are only ever added.
    fileprivate func write(to text: inout JSONText) {
        text.member("exitCode", Int64(exitCode.rawValue))
        if case .killed(let signal) = ending { text.member("signal", signalName(signal)) }
        text.member("canceled", wasCancelled)
    }
}

extension Explanation {
    static func unwritableReport(_ error: FileError) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot write the report \(error.path): \(error.reason)",
            hint: "set --json-file to a file that can be written"
        )
    }
}
