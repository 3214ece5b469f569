package import HostSystem
package import Redaction

/// A command that is run for a canceled job whose own command is gone: it tidies up.
///
/// All that it says goes to standard error, without the secrets.
package struct CancellationCommand {
    private let command: FoundCommand
    private let environment: CommandEnvironment
    private let secrets: HiddenSecrets

    package init(_ command: FoundCommand, environment: CommandEnvironment, hiding secrets: HiddenSecrets) {
        self.command = command
        self.environment = environment
        self.secrets = secrets
    }

    /// Runs it to its end, or kills it when its time is over.
    package func run(
        start: StartState,
        clock: HostClock,
        within time: Duration
    ) throws(FileError) -> CancellationOutcome {
        let cancellation = try Cancellation(command, isRedacting: true)
        try cancellation.startFilter(hiding: secrets, clock: clock)
        let signals = start.signals(blocking: Supervisor.passedOn, and: Signals.child)
        defer { signals.close() }
        return cancellation.run(environment, start, signals, clock, until: clock.uptime() + time, beside: nil)
    }
}
