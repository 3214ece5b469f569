import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// `pulumi-token list`: what this tool minted, or with `--all` every token of the user; never a value.
struct ListCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(Explanation) -> ExitCode {
        let door = try CloudDoor(arguments, context, console)
        let access = try door.access(to: try door.choice(), for: .looking)
        var rows: [TokenRow] = []
        do throws(CloudError) {
            try TokenListing(of: access.cloud, retrying: door.retrying).forEachPage { page in
                rows += page.tokens.filter { arguments.isOn(.all) || Description(parsing: $0.description) != nil }
                    .map { TokenRow($0) }
            }
        } catch {
            if let signal = door.budget.signal { throw .interrupted(by: signal) }
            throw access.explain(error)
        }
        if arguments.isOn(.json) {
            try Printing.json(TokenList(tokens: rows), on: context.standardOutput)
        } else {
            try Printing.text(table(rows), on: context.standardOutput)
        }
        return .done
    }

    private func table(_ rows: [TokenRow]) -> String {
        guard !rows.isEmpty else { return "" }
        let header = ["ID", "EXPIRES", "LAST USED", "DESCRIPTION"]
        return Table.text([header] + rows.map(\.cells))
    }
}

/// `{"version":1,"tokens":[…]}`; members are only ever added.
struct TokenList: Encodable {
    var version = 1
    var tokens: [TokenRow]
}

/// One token as `--json` shows it.
struct TokenRow: Encodable {
    var id: String
    var description: String
    var created: String?
    /// Unix time, seconds; absent when it was never used.
    var lastUsed: Int64?
    /// Unix time, seconds; absent when it never expires.
    var expires: Int64?
    var expiresAt: String?
    /// Whether this tool minted it.
    var minted: Bool
    /// Of a sweep only.
    var outcome: String?
    var error: String?

    init(_ token: ListedToken) {
        id = token.id.rawValue
        description = token.description
        created = token.created
        lastUsed = token.lastUsed
        expires = token.expires
        expiresAt = token.expires.map { Moment($0).description }
        minted = Description(parsing: token.description) != nil
    }

    var cells: [String] {
        [id, expiresAt ?? "never", lastUsed.map { Moment($0).description } ?? "never", description]
    }
}
