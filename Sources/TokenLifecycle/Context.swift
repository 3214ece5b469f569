package import CISystems
package import HostSystem

/// Everything that a command may know of the world, handed down explicitly; process state is read in `main.swift` only.
package struct Context: Sendable {
    package var environment: Environment
    package var start: StartState
    package var clock: HostClock
    package var random: Randomness
    package var interruption: Interruption
    package var parent: ParentProcess
    package var system: CISystem
    package var process: ProcessIdentity
    /// The current folder, absolute; nil when it is gone.
    package var workingFolder: String?
    package var standardOutput: StandardStream
    package var standardError: StandardStream
    /// Whether a log can come to show a secret other than through us, so that the CI system has to know it.
    package var letsSecretsOut = true

    package init(
        environment: Environment,
        start: StartState,
        clock: HostClock,
        random: Randomness,
        interruption: Interruption,
        parent: ParentProcess,
        system: CISystem,
        process: ProcessIdentity,
        workingFolder: String?,
        standardOutput: StandardStream,
        standardError: StandardStream
    ) {
        self.environment = environment
        self.start = start
        self.clock = clock
        self.random = random
        self.interruption = interruption
        self.parent = parent
        self.system = system
        self.process = process
        self.workingFolder = workingFolder
        self.standardOutput = standardOutput
        self.standardError = standardError
    }
}
