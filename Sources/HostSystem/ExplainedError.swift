/// The exit code of a command, as `sysexits.h` numbers failures; scripts may rely on each.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let done = ExitCode(rawValue: 0)
    package static let failed = ExitCode(rawValue: 1)
    /// The command line, a variable or an input is wrong.
    package static let usage = ExitCode(rawValue: 64)
    /// A file was read, but what it holds makes no sense.
    package static let malformedFile = ExitCode(rawValue: 65)
    /// A file cannot be read.
    package static let unreadableFile = ExitCode(rawValue: 66)
    /// Pulumi Cloud cannot be reached or does not answer as it should.
    package static let unavailable = ExitCode(rawValue: 69)
    /// An export or a lease cannot be written.
    package static let cannotWrite = ExitCode(rawValue: 73)
    /// The credential is missing, was rejected or is not allowed to do this.
    package static let notAllowed = ExitCode(rawValue: 77)
    /// `exec`: something failed before the command ran.
    package static let notStarted = ExitCode(rawValue: 125)
    /// `exec`: the command cannot be executed.
    package static let notExecutable = ExitCode(rawValue: 126)
    /// `exec`: the command was not found.
    package static let notFound = ExitCode(rawValue: 127)

    /// What a shell reports of a command that a signal ended.
    package static func ended(by signal: Int32) -> ExitCode {
        ExitCode(rawValue: 128 + signal)
    }
}

/// An error that a person can read and a script can tell apart.
package protocol ExplainedError: Error {
    var exitCode: ExitCode { get }
    /// What went wrong: lower case, no full stop, no secret, one line.
    var message: String { get }
    /// The way out, in the same form; nil when there is none to offer.
    var hint: String? { get }
}

/// An error whose explanation was made where more was known than where it is reported.
package struct Explanation: ExplainedError, Equatable, Sendable {
    package var exitCode: ExitCode
    package var message: String
    package var hint: String?

    package init(_ exitCode: ExitCode, _ message: String, hint: String? = nil) {
        self.exitCode = exitCode
        self.message = message
        self.hint = hint
    }

    package init(_ error: some ExplainedError) {
        self.init(error.exitCode, error.message, hint: error.hint)
    }

    /// A signal ended the command; what it had begun is undone.
    package static func interrupted(by signal: Int32) -> Explanation {
        Explanation(.ended(by: signal), "ended by \(signalName(signal))")
    }
}

/// The name of a signal that ends programs, for people: `SIGTERM`.
package func signalName(_ number: Int32) -> String {
    switch number {
    case 1: "SIGHUP"
    case 2: "SIGINT"
    case 3: "SIGQUIT"
    case 9: "SIGKILL"
    case 15: "SIGTERM"
    default: "signal \(number)"
    }
}

/// Runs something, and turns its error into an explanation.
package func explaining<Value, Failure: ExplainedError>(
    _ body: () throws(Failure) -> Value
) throws(Explanation) -> Value {
    do throws(Failure) {
        return try body()
    } catch {
        throw Explanation(error)
    }
}
