package import HostSystem
internal import JSON
package import Secrets

/// What the Pulumi CLI asks a credential helper, in version 1 of its protocol: one JSON object on standard input.
///
/// https://www.pulumi.com/docs/iac/cli/commands/pulumi_login/
package struct CredentialRequest: Equatable, Sendable {
    package enum Reason: String, Sendable {
        /// The first question of a process.
        case initial
        /// The credential is about to expire, or has.
        case expired
        /// The cloud has refused it.
        case rejected
    }

    package static let version: Int64 = 1
    /// The longest request, in bytes.
    package static let limit = 64 << 10

    package var reason: Reason
    /// The backend that the CLI has chosen already; nil when it asks for one.
    package var backend: String?

    package init(_ reason: Reason, backend: String? = nil) {
        self.reason = reason
        self.backend = backend
    }

    /// Members that it does not know are passed over, as the protocol says.
    package init(_ text: Secret) throws(Explanation) {
        guard let request = JSONDocument(text)?.root, request.isObject else { throw .notARequest }
        guard let version = request["version"]?.integer, request["version"]?.string == nil else { throw .notARequest }
        guard version == Self.version else { throw .otherVersion(version) }
        guard let reason = request["reason"]?.string.flatMap(Reason.init) else { throw .unknownReason }
        let backend = request["selectedBackendUrl"]
        guard backend?.string != nil || backend?.isNull != false else { throw .notARequest }
        self.init(reason, backend: backend?.string.flatMap { $0.isEmpty ? nil : $0 })
    }
}

extension CredentialRequest {
    /// As the CLI writes it.
    package var encoded: Secret {
        JSONText.object { text in
            text.member("version", Self.version)
            text.member("reason", reason.rawValue)
            text.member("selectedBackendUrl", backend)
        }
    }
}

extension CredentialAnswer {
    private static let members: Set = ["version", "accessToken", "expiresAt", "headers", "backendUrl", "env"]

    /// An answer to a first question, read as strictly as the CLI reads it: nil for what it does not accept.
    ///
    /// - Parameter selected: the backend that was named in the question.
    package init?(encoded: Secret, for selected: String) {
        guard let answer = JSONDocument(encoded)?.root, answer.isObject else { return nil }
        guard !answer.members.isEmpty else {
            self = .declined
            return
        }
        let isKnown = answer.members.allSatisfy { Self.members.contains($0.name) && !$0.value.isNull }
        guard isKnown, answer["version"]?.integer == CredentialRequest.version, answer["version"]?.string == nil,
            let token = answer["accessToken"]?.secret, !token.isEmpty
        else { return nil }
        let slashless = { (text: String) in text.hasSuffix("/") ? String(text.dropLast()) : text }
        if let backend = answer["backendUrl"] {
            guard backend.string.map(slashless) == slashless(selected) else { return nil }
        }
        var expires: Int64 = 0
        if let moment = answer["expiresAt"] {
            guard let parsed = moment.string.flatMap({ Moment(parsing: $0) }) else { return nil }
            expires = parsed.unixTime
        }
        self = .token(token, expires: expires, backend: answer["backendUrl"]?.string)
    }
}

/// What the CLI is answered: one JSON object on standard output.
package enum CredentialAnswer: Equatable, Sendable {
    /// The CLI goes on as without a helper; never after the first question.
    case declined
    /// Unix time, seconds, on this machine's clock; the backend for a CLI that has none yet.
    case token(Secret, expires: Int64, backend: String?)

    /// As the CLI reads it, in a line.
    package var encoded: Secret {
        let text = JSONText.object { text in
            guard case .token(let token, let expires, let backend) = self else { return }
            text.member("version", CredentialRequest.version)
            text.member("accessToken", token)
            text.member("expiresAt", Moment(expires).description)
            text.member("backendUrl", backend)
        }
        return Secret {
            $0.append(text); $0.append(.lineFeed)
        }
    }
}

extension Explanation {
    package static let notARequest = Explanation(
        .malformedFile,
        "standard input is not a request of the Pulumi CLI for a credential",
        hint: "let the Pulumi CLI run this command"
    )

    package static func otherVersion(_ version: Int64) -> Explanation {
        Explanation(
            .malformedFile,
            "the Pulumi CLI asks in version \(version) of the helper protocol, and pulumi-token has only version 1",
            hint: "use a newer pulumi-token"
        )
    }

    package static let unknownReason = Explanation(
        .malformedFile,
        "the Pulumi CLI asks for a reason that pulumi-token does not know",
        hint: "use a newer pulumi-token"
    )
}
