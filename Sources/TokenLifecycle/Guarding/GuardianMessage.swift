internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets
internal import Supervision

/// What the guardian is told while its owner lives: each is one small write into a pipe.
enum GuardianMessage: Equatable, Sendable {
    /// Something happened to the lease.
    case change(LeaseChange)
    /// The token itself, by which it is revoked where the credential that minted has been revoked first.
    case value(Secret)
    /// The command of `exec` runs, as the leader of a group of its own or inside ours; or what runs once it is cancelled.
    case command(WatchedProcess)
    /// The owner ends and leaves the command to itself: what could not be revoked is no reason to end it.
    case commandStays
    /// The token is the job's, or is gone: nothing is left to guard.
    case released
    /// The same, but the token has to go when this process ends.
    case releasedTo(WatchedProcess)
}

extension GuardianMessage {
    /// JSON without a description, so that it fits one write.
    var encoded: Secret {
        JSONText.object { text in
            switch self {
            case .change(let change): change.write(to: &text)
            case .value(let value):
                text.member("is", "value")
                text.member("value", value)
            case .command(let process): process.write(as: "command", to: &text)
            case .commandStays: text.member("is", "commandStays")
            case .released: text.member("is", "released")
            case .releasedTo(let process): process.write(as: "releasedTo", to: &text)
            }
        }
    }

    /// nil for anything else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root, let kind = text["is"]?.string else { return nil }
        switch kind {
        case "value":
            guard let value = text["value"]?.secret else { return nil }
            self = .value(value)
        case "released": self = .released
        case "commandStays": self = .commandStays
        case "command", "releasedTo":
            guard let process = WatchedProcess(text) else { return nil }
            self = kind == "command" ? .command(process) : .releasedTo(process)
        default:
            guard let change = LeaseChange(kind, text) else { return nil }
            self = .change(change)
        }
    }
}

extension WatchedProcess {
    fileprivate func write(as kind: String, to text: inout JSONText) {
        text.member("is", kind)
        text.member("pid", Int64(pid))
        text.member("start", String(startTime))
    }

    fileprivate init?(_ text: JSONNode) {
        guard let pid = text["pid"]?.integer.flatMap({ Int32(exactly: $0) }),
            let start = text["start"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        self.init(pid: pid, startTime: start)
    }
}

extension LeaseChange {
    fileprivate func write(to text: inout JSONText) {
        switch self {
        case .requesting(let entry):
            text.member("is", "requesting")
            text.member("nonce", entry.nonce.rawValue)
            text.member("since", entry.since)
            text.member("expires", entry.expires)
        case .unanswered(let nonce, let since):
            text.member("is", "unanswered")
            text.member("nonce", nonce.rawValue)
            text.member("since", since)
        case .settled(let nonce):
            text.member("is", "settled")
            text.member("nonce", nonce.rawValue)
        case .minted(let token, let nonce):
            text.member("is", "minted")
            text.member("nonce", nonce.rawValue)
            token.write(to: &text)
        case .exchanged(let token):
            text.member("is", "exchanged")
            token.write(to: &text)
        case .granted(let expires):
            text.member("is", "granted")
            text.member("expires", expires)
        case .wrote(let file):
            text.member("is", "wrote")
            file.write(to: &text)
        case .exported: text.member("is", "exported")
        case .endingItself(let id):
            text.member("is", "endingItself")
            text.member("id", id.rawValue)
        case .revoked(let id):
            text.member("is", "revoked")
            text.member("id", id.rawValue)
        case .comparedClocks(let offset):
            text.member("is", "comparedClocks")
            text.member("offset", offset)
        }
    }

    fileprivate init?(_ kind: String, _ text: JSONNode) {
        let nonce = text["nonce"]?.string.flatMap(Nonce.init(rawValue:))
        let expires = text["expires"]?.integer
        switch (kind, nonce, expires) {
        case ("requesting", let nonce?, let expires?):
            guard let since = text["since"]?.integer else { return nil }
            self = .requesting(Lease.Unresolved(nonce: nonce, since: since, expires: expires))
        case ("unanswered", let nonce?, _):
            guard let since = text["since"]?.integer else { return nil }
            self = .unanswered(nonce, since: since)
        case ("settled", let nonce?, _): self = .settled(nonce)
        case ("minted", let nonce?, let expires?): self = .minted(Lease.Token(text, expires), as: nonce)
        case ("exchanged", _, let expires?): self = .exchanged(Lease.Token(text, expires))
        case ("granted", _, let expires?): self = .granted(expires: expires)
        case ("wrote", _, _):
            guard let file = FileMark(record: text) else { return nil }
            self = .wrote(file)
        case ("exported", _, _): self = .exported
        case ("endingItself", _, _), ("revoked", _, _):
            guard let id = text["id"]?.string.flatMap(TokenID.init(rawValue:)) else { return nil }
            self = kind == "revoked" ? .revoked(id) : .endingItself(id)
        case ("comparedClocks", _, _):
            guard let offset = text["offset"]?.integer else { return nil }
            self = .comparedClocks(offset: offset)
        default: return nil
        }
    }
}

extension Lease.Token {
    fileprivate func write(to text: inout JSONText) {
        text.member("id", id?.rawValue)
        text.member("token", fingerprint?.rawValue)
        text.member("expires", expires)
    }

    fileprivate init(_ text: JSONNode, _ expires: Int64) {
        self.init(
            id: text["id"]?.string.flatMap(TokenID.init(rawValue:)),
            fingerprint: text["token"]?.string.map(Fingerprint.init(rawValue:)),
            expires: expires
        )
    }
}
