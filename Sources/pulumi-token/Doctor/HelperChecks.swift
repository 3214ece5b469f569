import Credentials
import HostSystem
import JSON
import PulumiCloud
import Secrets
import Supervision
import TokenLifecycle

/// What can be said of the Pulumi CLI and of its credential helper by running them.
struct HelperChecks {
    /// How long the CLI may take to say its version.
    private static let patience: Duration = .seconds(10)
    /// How long the CLI waits for its helper.
    private static let minute: Duration = .seconds(60)

    let arguments: Arguments
    let context: Context

    // MARK: The CLI

    /// Whether the CLI is new enough to ask a helper; nil when there is none on the path.
    var cli: Check? {
        guard let command = found(["pulumi", "version"]) else { return nil }
        var environment = CommandVariables(context).environment
        environment.set("PULUMI_SKIP_UPDATE_CHECK", to: Secret("true"))
        let answer = try? AskedProgram(command, environment, context.start)
            .answer(to: Secret(""), within: Self.patience)
        guard let answer, let version = PulumiVersion(text(answer.output)) else {
            return .warning(.cli, "pulumi does not print its version", hint: "run pulumi version")
        }
        guard version.asksHelpers else {
            let detail = "pulumi \(version.text), which asks no credential helper"
            let hint = "exec --helper needs version \(HelperEnvironment.firstVersion) or later"
            return arguments.isOn(.helper) ? .warning(.cli, detail, hint: hint) : .ok(.cli, detail)
        }
        return .ok(.cli, "pulumi \(version.text), which can ask a credential helper")
    }

    // MARK: The helper

    /// What the helper answers, asked as the CLI would, and never the value.
    var helper: Check {
        do throws(Explanation) {
            let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
            let cloud = try Parent.choose(options, in: context)
            let login = try? PulumiLogin.load(context.environment, by: .within(context.budget(options.deadline)))
            guard let helper = CredentialHelper.find(in: context.environment, login: login ?? nil) else {
                throw .noHelper
            }
            let answer = try ask(helper, for: cloud.url.text)
            return check(answer, from: helper, cloud.url.text)
        } catch {
            return .broken(.helper, error)
        }
    }

    private func ask(_ helper: CredentialHelper, for backend: String) throws(Explanation) -> CredentialAnswer {
        let words = [helper.program] + (try helperArguments(helper))
        let environment = CommandVariables(context).environment
        let command = try explaining { () throws(CommandError) in
            try FoundCommand(
                words.map { Array($0.utf8) },
                searchPath: context.environment["PATH"].map { Array($0.utf8) }
            )
        }
        let question = CredentialRequest(.initial, backend: backend).encoded
        let answer = try explaining { () throws(SupervisionError) in
            try AskedProgram(command, environment, context.start).answer(to: question, within: Self.minute)
        }
        guard answer.ending == .exited(0) else { throw .helperFailed(answer.ending, line(answer.complaint)) }
        guard let read = CredentialAnswer(encoded: answer.output, for: backend) else { throw .helperAnsweredBadly }
        if case .token(let token, _, _) = read { context.console.hide(token) }
        return read
    }

    private func helperArguments(_ helper: CredentialHelper) throws(Explanation) -> [String] {
        guard helper.origin == .variable, let text = context.environment.nonEmpty(CredentialHelper.argumentsVariable)
        else { return [] }
        guard let elements = JSONDocument(Secret(text))?.root.elements else { throw .helperArguments }
        return try elements.map { element throws(Explanation) in
            guard let word = element.string else { throw .helperArguments }
            return word
        }
    }

    private func check(_ answer: CredentialAnswer, from helper: CredentialHelper, _ backend: String) -> Check {
        switch answer {
        case .declined:
            return .warning(
                .helper,
                "\(helper.sentence) declines \(backend)",
                hint: "set --cloud-url to the backend that the helper is for"
            )
        case .token(_, let expires, _):
            let left = expires - context.clock.unixTime()
            let life = expires > 0 ? ", valid for \(TimeSpan(seconds: max(0, left)))" : ""
            return .ok(.helper, "\(helper.sentence) returns a token for \(backend)\(life)")
        }
    }

    // MARK: Texts

    private func found(_ words: [String]) -> FoundCommand? {
        try? FoundCommand(
            words.map { Array($0.utf8) },
            searchPath: context.environment["PATH"].map { Array($0.utf8) }
        )
    }

    private func text(_ output: Secret) -> String { output.reveal { String(decoding: $0, as: UTF8.self) } }

    private func line(_ output: Secret) -> String {
        let line = text(output).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.hasPrefix("pulumi-token: error: ") ? String(line.dropFirst("pulumi-token: error: ".count)) : line
    }
}

/// What `pulumi version` prints: `v3.274.1`.
struct PulumiVersion: Equatable {
    private let numbers: [Int]

    /// nil for anything else.
    init?(_ output: String) {
        guard let line = output.split(whereSeparator: \.isNewline).first else { return nil }
        let words = line.drop { $0 == "v" }.prefix { $0.isNumber || $0 == "." }.split(separator: ".")
        let numbers = words.compactMap { Int($0) }
        guard numbers.count >= 2, numbers.count == words.count else { return nil }
        self.numbers = numbers
    }

    var text: String { numbers.map(String.init).joined(separator: ".") }

    var asksHelpers: Bool { !numbers.lexicographicallyPrecedes([3, 274]) }
}

extension Explanation {
    static let noHelper = Explanation(
        .unavailable,
        "the Pulumi CLI would ask no credential helper here",
        hint: "run pulumi-token exec --helper -- pulumi-token doctor --helper"
    )

    static let helperArguments = Explanation(
        .usage,
        "PULUMI_CREDENTIAL_HELPER_ARGS is not a JSON array of strings",
        hint: "set it as exec --helper does"
    )

    static let helperAnsweredBadly = Explanation(
        .failed,
        "the Pulumi CLI would not accept what its credential helper answers",
        hint: "check PULUMI_CREDENTIAL_HELPER"
    )

    /// - Parameter ending: nil when it did not end in time.
    static func helperFailed(_ ending: CommandEnding?, _ complaint: String) -> Explanation {
        let end =
            switch ending {
            case .exited(let code): "ended with \(code)"
            case .killed(let signal): "was ended by \(signalName(signal))"
            case nil: "did not end within a minute"
            }
        return Explanation(
            .unavailable,
            "the credential helper \(end)" + (complaint.isEmpty ? "" : ": \(UserText.quoted(complaint))"),
            hint: "check PULUMI_CREDENTIAL_HELPER"
        )
    }
}
