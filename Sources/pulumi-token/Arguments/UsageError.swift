import HostSystem

/// A command line, a variable or an input that makes no sense.
struct UsageError: ExplainedError, Equatable {
    var message: String
    var hint: String?
    var exitCode: ExitCode { .usage }

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
