package import HostSystem
internal import JSON
package import PulumiCloud
internal import Secrets

/// What is asked on the helper's socket: one packet.
package enum HelperQuestion: Equatable, Sendable {
    /// - Parameter asker: names the process of the CLI, which asks again when its credential is of no use any more.
    case credential(CredentialRequest, asker: String)
    /// Revoke everything, and end.
    case end

    /// The longest packet, in bytes: a backend has a long URL at most.
    static let limit = 8 << 10

    var encoded: Secret {
        JSONText.object { text in
            switch self {
            case .credential(let request, let asker):
                text.member("is", "credential")
                text.member("reason", request.reason.rawValue)
                text.member("backend", request.backend)
                text.member("asker", asker)
            case .end: text.member("is", "end")
            }
        }
    }

    /// nil for anything else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root, let kind = text["is"]?.string else { return nil }
        switch kind {
        case "credential":
            guard let reason = text["reason"]?.string.flatMap(CredentialRequest.Reason.init),
                let asker = text["asker"]?.string
            else { return nil }
            self = .credential(CredentialRequest(reason, backend: text["backend"]?.string), asker: asker)
        case "end": self = .end
        default: return nil
        }
    }
}

/// What is answered there: one packet.
package enum HelperReply: Equatable, Sendable {
    case answer(CredentialAnswer)
    case failure(Explanation)
    /// The server is gone; what it has not revoked is on record. The last token that it gave out comes last.
    case ended(revoked: [TokenID])

    static let limit = 32 << 10

    var encoded: Secret {
        JSONText.object { text in
            switch self {
            case .answer(.declined): text.member("is", "declined")
            case .answer(.token(let token, let expires, let backend)):
                text.member("is", "token")
                text.member("token", token)
                text.member("expires", expires)
                text.member("backend", backend)
            case .failure(let error):
                text.member("is", "failure")
                text.member("code", Int64(error.exitCode.rawValue))
                text.member("message", error.message)
                text.member("hint", error.hint)
            case .ended(let revoked):
                text.member("is", "ended")
                text.member("revoked", revoked.map(\.rawValue).joined(separator: " "))
            }
        }
    }

    /// nil for anything else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root, let kind = text["is"]?.string else { return nil }
        switch kind {
        case "declined": self = .answer(.declined)
        case "ended":
            let revoked = text["revoked"]?.string?.split(separator: " ") ?? []
            self = .ended(revoked: revoked.compactMap { TokenID(rawValue: String($0)) })
        case "token":
            guard let token = text["token"]?.secret, let expires = text["expires"]?.integer else { return nil }
            self = .answer(.token(token, expires: expires, backend: text["backend"]?.string))
        case "failure":
            guard let code = text["code"]?.integer.flatMap({ Int32(exactly: $0) }),
                let message = text["message"]?.string
            else { return nil }
            self = .failure(Explanation(ExitCode(rawValue: code), message, hint: text["hint"]?.string))
        default: return nil
        }
    }
}
