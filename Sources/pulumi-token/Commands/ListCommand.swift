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
        let access = try Parent.find(options, in: context).open(within: budget, in: context)
        let kind = asked ?? access.source.kind
        let shape = TokenColumns(
            now: context.clock.unixTime(),
            isWide: arguments.isOn(.wide),
            width: arguments.isOn(.wide) ? nil : context.standardOutput.width
        )
        var list = TokenList(isJSON: arguments.isOn(.json), columns: shape, in: context)
        var minted: [ListedToken] = []
        var failure: Explanation?
        do throws(CloudError) {
            let listing = TokenListing(of: access.cloud, kind, retrying: context.retrying(within: budget))
            try listing.forEachPage { page in
                guard failure == nil else { return }
                if arguments.isOn(.check) {
                    minted += page.tokens.filter { Description(parsing: $0.description) != nil }
                }
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
        if list.isEmpty, !arguments.isOn(.json) {
            let which = arguments.isOn(.all) ? "tokens" : "tokens that pulumi-token minted"
            context.console.info("there are no \(which)")
        }
        guard arguments.isOn(.check) else { return .done }
        return try check(minted, in: access.cloud.url, options, within: budget)
    }

    /// Names the tokens without an owner.
    private func check(
        _ tokens: [ListedToken],
        in cloud: CloudURL,
        _ options: CloudOptions,
        within budget: TimeBudget
    ) throws(Explanation) -> ExitCode {
        let store = LeaseStore(context)
        let living = ((try? store.leases(of: nil))?.leases ?? []).filter { stored in
            [.living, .unknown].contains(store.state(of: stored, in: cloud))
        }
        let owned = Set(living.compactMap(\.lease.tokenID))
        var orphans = tokens.filter { !owned.contains($0.id) }
        // Where nobody can be asked, only records tell.
        if var runs = try? FinishedRuns(arguments, options, within: budget, in: context) {
            let findings = runs.judge(orphans)
            context.console.warn(of: zip(orphans, findings).compactMap { LateUse(of: $0, $1) })
            orphans = zip(orphans, findings).filter { !$1.mayRun }.map(\.0)
        }
        for token in orphans {
            context.console.warning(
                "the token \(token.id) has no known owner: no record on this machine, and no running job",
                hint: "run pulumi-token revoke \(token.id) if nothing uses it"
            )
        }
        return orphans.isEmpty ? .done : .failed
    }
}

/// A list that is printed page by page, so that only one page is in memory: `{"version":1,"tokens":[…]}`, or columns.
struct TokenList {
    private let isJSON: Bool
    private var columns: TokenColumns
    private let context: Context
    private(set) var isEmpty = true

    init(isJSON: Bool, columns: TokenColumns, in context: Context) {
        self.isJSON = isJSON
        self.columns = columns
        self.context = context
    }

    mutating func print(_ rows: [TokenRow]) throws(Explanation) {
        guard !rows.isEmpty else { return }
        defer { isEmpty = false }
        guard isJSON else {
            return try Printing.text(columns.text(of: rows, withHeader: isEmpty), in: context)
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
