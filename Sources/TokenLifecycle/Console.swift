package import CISystems
package import HostSystem
package import Redaction
package import Secrets
internal import Synchronization

/// How the tool speaks to people: on standard error, one line each, lower case, no period.
///
///     pulumi-token: MESSAGE
///     pulumi-token: error: MESSAGE
///     pulumi-token: hint: WAY OUT
///
/// Warnings and errors are also an annotation where the CI system has such. No secret that this process knows of can
/// pass: each message goes through the redactor.
package final class Console: Sendable {
    package enum Verbosity: Int, Sendable {
        case quiet, normal, verbose
    }

    private struct State: Sendable {
        /// Of the first so many secrets.
        var redactor = (secrets: 0, TextRedactor(hiding: []))
        /// What is to be written later; nil while it is written at once.
        var held: String?
        /// Whether a line of our own was written.
        var hasWritten = false
        /// Where what is expected is folded away; nil for commands and systems that fold nothing.
        var section: LogSection?
    }

    private let stream: StandardStream
    private let system: CISystem
    private let verbosity: Verbosity
    /// Whether one plain line is all that may be said.
    private let isTerse: Bool
    /// How the reader knows the options: the inputs of the GitHub action that stand for them.
    private let inputNames: [(option: String, input: String)]
    private let state = Mutex(State())
    /// The values that no log may show: also those that are hidden later, on whatever thread.
    package let secrets = HiddenSecrets()

    package init(
        stream: StandardStream,
        system: CISystem,
        verbosity: Verbosity = .normal,
        isTerse: Bool = false,
        inputNames: [(option: String, input: String)] = []
    ) {
        self.stream = stream
        self.system = system
        self.verbosity = verbosity
        self.isTerse = isTerse
        self.inputNames = inputNames
    }

    // MARK: Secrets

    /// From now on no message shows this value, in any form.
    package func hide(_ secret: Secret) { secrets.add(secret) }

    /// A text from elsewhere for standard output: one line, no command of a CI system, no secret.
    package func safe(_ text: String) -> String {
        state.withLock { hidingSecrets(CISystem.harmless(text), &$0) }
    }

    /// A line for a file, as it is but for secrets.
    package func withoutSecrets(_ line: String) -> String {
        state.withLock { hidingSecrets(line, &$0) }
    }

    // MARK: Sections

    /// From now on what is expected goes into this section.
    package func begin(_ section: LogSection?) {
        endSection()
        state.withLock { $0.section = section }
    }

    /// What others say from now on must not be folded away.
    package func endSection() {
        state.withLock { state in
            if let closing = state.section?.closing(), !closing.isEmpty { write(closing, &state) }
        }
    }

    // MARK: Messages

    package func info(_ message: String) {
        if verbosity != .quiet { sayFolded(message) }
    }

    package func notice(_ message: String) {
        if verbosity != .quiet { sayFolded("notice: " + message) }
    }

    package func warning(_ message: String, hint: String? = nil) {
        guard !isTerse else { return }
        endSection()
        say("warning: " + message)
        if let hint { say("hint: " + hint) }
        annotate(.warning, message)
    }

    package func error(_ error: some ExplainedError) {
        endSection()
        say("error: " + error.message)
        guard !isTerse else { return }
        if let hint = error.hint { say("hint: " + hint) }
        annotate(.error, error.message + (error.hint.map { " (\($0))" } ?? ""))
    }

    /// What traces are given to; nil where nobody hears them.
    package var tracer: ((String) -> Void)? {
        guard verbosity == .verbose else { return nil }
        return { self.trace($0) }
    }

    package func trace(_ message: String) {
        if verbosity == .verbose { sayFolded("trace: " + message) }
    }

    /// Writes a line of our own, unless we did already: the log may end within a line that somebody else began, and what
    /// follows there would not be an instruction.
    func beginLine() {
        state.withLock { state in
            if !state.hasWritten { write("pulumi-token: hiding the values of secrets in this log\n", &state) }
        }
    }

    /// Text that is not a message: a fold of the log.
    package func raw(_ text: String) {
        if verbosity != .quiet { state.withLock { write(text, &$0) } }
    }

    private func sayFolded(_ message: String) {
        state.withLock { state in
            if let opening = state.section?.opening(), !opening.isEmpty { write(opening, &state) }
        }
        say(message)
    }

    private func say(_ message: String) {
        state.withLock { write("pulumi-token: " + CISystem.harmless(worded(message)) + "\n", &$0) }
    }

    private func annotate(_ level: AnnotationLevel, _ message: String) {
        guard let line = system.annotation(level, CISystem.harmless(worded(message))) else { return }
        state.withLock { write(line, &$0) }
    }

    private func worded(_ message: String) -> String {
        inputNames.reduce(message) { substituting($1.option, with: $1.input, in: $0) }
    }

    // MARK: Holding back

    /// Holds back what is said from now on: a command writes to the same log, or has the terminal.
    package func hold() { state.withLock { $0.held = $0.held ?? "" } }

    /// Writes what was held back, and from now on at once.
    package func release() {
        state.withLock { state in
            let text = state.held ?? ""
            state.held = nil
            if !text.isEmpty { write(text, &state) }
        }
    }

    private func write(_ text: String, _ state: inout State) {
        guard state.held == nil else {
            state.held?.append(text)
            return
        }
        state.hasWritten = state.hasWritten || text.hasSuffix("\n")
        // A log that nobody takes is no reason to stop: revoking matters more.
        _ = try? stream.write(hidingSecrets(text, &state))
    }

    private func hidingSecrets(_ text: String, _ state: inout State) -> String {
        let text = UserText.hidingCredentials(text)
        let secrets = secrets.all
        guard !secrets.isEmpty else { return text }
        state.redactor.1.hide(secrets[state.redactor.secrets...])
        state.redactor.secrets = secrets.count
        return state.redactor.1.redact(text: text)
    }
}
