package import CISystems
package import HTTPTransport
package import HostSystem
package import PulumiCloud
internal import Redaction
package import Secrets

/// Everything that a command may know of the world, handed down explicitly; process state is read in `main.swift` only.
package struct Context: Sendable {
    /// Makes what carries requests, with the trust and the proxies of one command.
    package typealias TransportFactory =
        @Sendable (TrustStore, ProxySettings, Context) -> any HTTPTransport

    package var environment: Environment
    package var start: StartState
    package var clock: HostClock
    package var random: Randomness
    package var interruption: Interruption
    /// The process that waits for our result.
    package var launcher: ParentProcess
    package var system: CISystem
    package var process: ProcessIdentity
    /// The current directory, absolute; nil when it is gone.
    package var workingFolder: String?
    package var standardInput: Int32 = 0
    package var standardOutput: StandardStream
    package var standardError: StandardStream
    package var console: Console
    package var makeTransport: TransportFactory
    /// Where what happens to tokens is told; nil when nobody asks for it.
    package var trail: Trail?
    /// `User-Agent` of every request.
    package var userAgent: String
    /// Our own program, to be started again as a guardian; nil where there is to be none.
    package var executable: String?
    /// Where the machine's own rules are.
    package var policyFile = LifeCeiling.policyPath
    /// Whether a log can come to show a secret other than through us, so that the CI system has to know it.
    package var letsSecretsOut = true
    /// What was read from pipes that name certificate authorities.
    let bundles = BundleCopies()

    package init(
        environment: Environment,
        start: StartState,
        clock: HostClock,
        random: Randomness,
        interruption: Interruption,
        launcher: ParentProcess,
        system: CISystem,
        process: ProcessIdentity,
        workingFolder: String?,
        standardOutput: StandardStream,
        standardError: StandardStream,
        userAgent: String,
        makeTransport: @escaping TransportFactory
    ) {
        self.environment = environment
        self.start = start
        self.clock = clock
        self.random = random
        self.interruption = interruption
        self.launcher = launcher
        self.system = system
        self.process = process
        self.workingFolder = workingFolder
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.userAgent = userAgent
        self.makeTransport = makeTransport
        console = Console(stream: standardError, system: system)
    }

    /// This much time from now on, less once a signal asks to stop.
    package func budget(_ length: Duration) -> TimeBudget {
        TimeBudget(length, clock: clock, interruption: interruption)
    }

    /// Where the certificate authorities are: those of a file, or else those that the variables or the system name.
    package func trustStore(caFile: String?, within budget: TimeBudget) -> TrustStore {
        TrustStore(caFile: caFile, environment: environment, reader: .within(budget), copies: bundles)
    }

    package func retrying(within budget: TimeBudget) -> Retrying {
        Retrying(budget: budget, random: random, trace: console.trace, say: console.notice)
    }

    /// Tells the CI system every form of a secret that its log must not show: on standard error, because standard output
    /// may be captured, and before anything else is written.
    ///
    /// - Throws: when a system that can mask was not reached; where none can, nothing is printed and nothing thrown.
    package func mask(_ secret: Secret, within budget: TimeBudget) throws(Explanation) {
        console.hide(secret)
        // The line that masks holds the value: where somebody keeps our standard error, it would be the leak.
        guard letsSecretsOut || system.masking.isSilent else { return }
        let unmasked: [Secret]
        do throws(ExportError) {
            unmasked = try system.masking.register(
                maskForms(of: secret, includingRare: !system.masking.isSilent),
                budget: budget
            ) {
                lines throws(ExportError) in try write(masks: lines)
            }
        } catch {
            // Whoever redacts the output itself needs no other.
            guard !letsSecretsOut else { throw Explanation(error) }
            return console.warning(error.message)
        }
        guard system.provesMasking, unmasked.contains(secret) else { return }
        console.warning(
            "\(system.name) cannot mask this value in the log",
            hint: "use pulumi-token exec, which redacts"
        )
    }

    private func write(masks lines: Secret) throws(ExportError) {
        guard !standardError.isKept else { throw .maskUnseen }
        if system.masking.needsLineStart { console.beginLine() }
        do throws(FileError) {
            try lines.reveal { bytes throws(FileError) in try standardError.write(bytes) }
        } catch {
            throw .unwritable(path: standardError.name, code: error.code)
        }
    }
}
