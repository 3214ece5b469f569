import CISystems
import Credentials
import HostSystem
import Redaction
import Secrets
import TokenLifecycle

/// How the tool speaks to people: on standard error, one line each, lower case, no full stop.
///
///     pulumi-token: MESSAGE
///     pulumi-token: error: MESSAGE
///     pulumi-token: hint: WAY OUT
///
/// What needs a person is also an annotation where the CI system has such. No secret that this process knows of can
/// pass: each message goes through the redactor.
final class Console {
    enum Verbosity: Int {
        case quiet, normal, verbose
    }

    private let stream: StandardStream
    private let system: CISystem
    private let verbosity: Verbosity
    /// Whether whoever reads this gave inputs of the action, and no options.
    private let namesInputs: Bool
    private var secrets: [Secret] = []
    private var redactor: TextRedactor?
    /// Where what is expected is folded away; nil for commands and systems that fold nothing.
    private var section: LogSection?

    init(stream: StandardStream, system: CISystem, verbosity: Verbosity, namesInputs: Bool = false) {
        self.stream = stream
        self.system = system
        self.verbosity = verbosity
        self.namesInputs = namesInputs
    }

    /// From now on no message shows this value, in any form.
    func hide(_ secret: Secret) {
        guard !secret.isEmpty, !secrets.contains(secret) else { return }
        secrets.append(secret)
        redactor = nil
    }

    /// The values that no log may show.
    var hiddenSecrets: [Secret] { secrets }

    /// From now on what is expected goes into this section.
    func begin(_ section: LogSection?) {
        endSection()
        self.section = section
    }

    /// What is said by others from now on must not be folded away.
    func endSection() {
        if let closing = section?.closing(), !closing.isEmpty { write(closing) }
    }

    func info(_ message: String) {
        if verbosity != .quiet { sayFolded(message) }
    }

    func notice(_ message: String) {
        if verbosity != .quiet { sayFolded("notice: " + message) }
    }

    func warning(_ message: String, hint: String? = nil) {
        endSection()
        say("warning: " + message)
        if let hint { say("hint: " + hint) }
        annotate(.warning, message)
    }

    func error(_ error: some ExplainedError) {
        endSection()
        say("error: " + error.message)
        if let hint = error.hint { say("hint: " + hint) }
        annotate(.error, error.message + (error.hint.map { " (\($0))" } ?? ""))
    }

    func trace(_ message: String) {
        if verbosity == .verbose { sayFolded("trace: " + message) }
    }

    /// Text that is no message: a fold of the log.
    func raw(_ text: String) {
        if verbosity != .quiet { write(text) }
    }

    /// A text from elsewhere for standard output: one line, no command of a CI system, no secret.
    func safe(_ text: String) -> String {
        hidingSecrets(CISystem.harmless(text))
    }

    var reporter: Reporter {
        Reporter(
            info: info,
            notice: notice,
            warning: { self.warning($0, hint: $1) },
            trace: trace,
            hide: hide
        )
    }

    private func sayFolded(_ message: String) {
        if let opening = section?.opening(), !opening.isEmpty { write(opening) }
        say(message)
    }

    private func say(_ message: String) {
        write("pulumi-token: " + CISystem.harmless(worded(message)) + "\n")
    }

    private func annotate(_ level: AnnotationLevel, _ message: String) {
        if let line = system.annotation(level, CISystem.harmless(worded(message))) { write(line) }
    }

    private func worded(_ message: String) -> String {
        namesInputs ? InputNames.inPlaceOfOptions(message) : message
    }

    private func write(_ text: String) {
        // A log that nobody takes is no reason to stop: revoking matters more.
        _ = try? stream.write(hidingSecrets(text))
    }

    private func hidingSecrets(_ text: String) -> String {
        let text = TokenShape.hidden(in: text)
        guard !secrets.isEmpty else { return text }
        let redactor = redactor ?? TextRedactor(hiding: secrets)
        self.redactor = redactor
        return redactor.redact(text: text)
    }
}
