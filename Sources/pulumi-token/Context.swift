import CISystems
import HostSystem

/// Everything that a command may know of the world, handed down explicitly; process state is read in `main.swift` only.
struct Context {
    var environment: Environment
    var start: StartState
    var clock: HostClock
    var random: Randomness
    var interruption: Interruption
    var system: CISystem
    var process: ProcessIdentity
    /// The current folder, absolute; nil when it is gone.
    var workingFolder: String?
    var standardOutput: OutputStream
    var standardError: OutputStream
}
