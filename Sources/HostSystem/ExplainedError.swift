/// The exit codes of all commands, as `sysexits.h` numbers them; scripts may rely on each.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case failed = 1
    /// The command line, a variable or an input is wrong.
    case usage = 64
    /// A file was read, but what it holds makes no sense.
    case malformedFile = 65
    /// A file cannot be read.
    case unreadableFile = 66
    /// Pulumi Cloud cannot be reached or does not answer as it should.
    case unavailable = 69
    /// An export or a lease cannot be written.
    case cannotWrite = 73
    /// The credential is missing, was rejected or is not allowed to do this.
    case notAllowed = 77
    /// `exec`: something failed before the command ran.
    case notStarted = 125
    /// `exec`: the command cannot be executed.
    case notExecutable = 126
    /// `exec`: the command was not found.
    case notFound = 127
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
}
