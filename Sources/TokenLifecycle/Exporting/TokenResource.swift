internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets

extension Minted {
    /// The token as `--export json` prints it, on one line:
    /// `{"id","tokenId","tokenValue","description","expires","reason","expiresAt","revocable"}`.
    ///
    /// Both ids are null for an exchanged token.
    var resource: Secret {
        let text = JSONText.object { resource in
            for name in ["id", "tokenId"] {
                if let id { resource.member(name, id.rawValue) } else { resource.null(name) }
            }
            resource.member("tokenValue", value)
            resource.member("description", description)
            resource.member("expires", expires)
            resource.member("reason", reason ?? "")
            resource.member("expiresAt", Moment(expires).description)
            resource.member("revocable", isRevocable)
        }
        return Secret {
            $0.append(text); $0.append(.lineFeed)
        }
    }
}
