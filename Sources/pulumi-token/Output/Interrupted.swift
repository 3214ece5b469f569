import HostSystem

/// A signal ended the command; what it had begun is undone.
struct Interrupted: ExplainedError {
    let signal: Int32

    var exitCode: ExitCode { .failed }
    var message: String { "ended by \(Self.name(of: signal))" }
    var hint: String? { nil }

    /// What a shell reports of a command that a signal ended.
    var status: Int32 { 128 + signal }

    static func name(of signal: Int32) -> String {
        switch signal {
        case 1: "SIGHUP"
        case 2: "SIGINT"
        case 15: "SIGTERM"
        default: "signal \(signal)"
        }
    }
}
