import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

/// One token as `list` and `sweep` show it.
struct TokenRow {
    let token: ListedToken
    let kind: TokenKind
    /// Of a sweep only.
    var outcome: Sweep.Outcome?
    var error: String?

    /// Whether this tool minted it.
    private var isMinted: Bool { Description(parsing: token.description) != nil || outcome != nil }

    /// `{"id","description","created","lastUsed","expires","expiresAt","minted"}` and of a sweep `"outcome"` and
    /// `"error"`; with `"kind"`, and of a team or an organization `"organization"` and `"team"`; what the server does not say is left out.
    ///
    /// Members are only ever added.
    func write(to text: inout JSONText) {
        text.object { row in
            row.member("id", token.id.rawValue)
            row.member("description", token.description)
            row.member("created", token.created)
            row.member("lastUsed", token.lastUsed)
            row.member("expires", token.expires)
            row.member("expiresAt", token.expires.map { Moment($0).description })
            row.member("minted", isMinted)
            row.member("outcome", outcome?.rawValue)
            row.member("error", error)
            kind.write(to: &row)
        }
    }

    /// The columns of a sweep, for people.
    var cells: [String] { [token.id.rawValue, outcome?.rawValue ?? "", error ?? token.description] }
}
