internal import HostSystem
package import JSON
package import PulumiCloud
internal import Secrets

extension Minted {
    /// The token as `--export json` prints it, on one line:
    /// `{"id","tokenId","tokenValue","description","expires","reason","expiresAt","revocable","kind"}`, and of the token of
    /// a team or an organization `"organization"` and `"team"`.
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
            kind.write(to: &resource)
        }
        return Secret {
            $0.append(text); $0.append(.lineFeed)
        }
    }
}

extension TokenKind {
    /// The members `"kind"`, `"organization"` and `"team"`, the last two where there are any.
    package func write(to text: inout JSONText) {
        text.member("kind", name)
        text.member("organization", organization)
        text.member("team", team)
    }
}
