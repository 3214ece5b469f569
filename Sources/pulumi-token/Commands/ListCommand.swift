import Credentials
import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

/// `pulumi-token list`: what this tool minted, or with `--all` every token of the user; never a value.
struct ListCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let asked = try explaining { () throws(UsageError) in try arguments.kind() }
        let budget = context.budget(options.deadline)
        let access = try Parent.find(options, for: .looking, in: context).open(within: budget, in: context)
        let kind = asked ?? access.source.kind
        var list = TokenList(isJSON: arguments.isOn(.json), in: context)
        var failure: Explanation?
        do throws(CloudError) {
            let listing = TokenListing(of: access.cloud, kind, retrying: context.retrying(within: budget))
            try listing.forEachPage { page in
                guard failure == nil else { return }
                let rows = page.tokens.filter { arguments.isOn(.all) || Description(parsing: $0.description) != nil }
                    .map { TokenRow(token: $0, kind: kind) }
                do throws(Explanation) { try list.print(rows) } catch { failure = error }
            }
        } catch {
            if let signal = budget.signal { throw .interrupted(by: signal) }
            throw access.explain(error)
        }
        if let failure { throw failure }
        try list.finish()
        return .done
    }
}

/// A list that is printed page by page, so that only one page is in memory: `{"version":1,"tokens":[…]}`, or columns.
struct TokenList {
    private let isJSON: Bool
    private let context: Context
    private var isEmpty = true

    init(isJSON: Bool, in context: Context) {
        self.isJSON = isJSON
        self.context = context
    }

    mutating func print(_ rows: [TokenRow]) throws(Explanation) {
        guard !rows.isEmpty else { return }
        defer { isEmpty = false }
        guard isJSON else {
            let header = isEmpty ? [["ID", "EXPIRES", "LAST USED", "DESCRIPTION"]] : []
            return try Printing.text(Table.text(header + rows.map(\.cells)), in: context)
        }
        var page = isEmpty ? Self.opening : ""
        for (index, row) in rows.enumerated() {
            var text = JSONText()
            row.write(to: &text)
            page += (isEmpty && index == 0 ? "" : ",") + text.text
        }
        try Printing.text(page, in: context)
    }

    func finish() throws(Explanation) {
        if isJSON { try Printing.text((isEmpty ? Self.opening : "") + "]}\n", in: context) }
    }

    private static let opening = #"{"version":1,"tokens":["#
}
