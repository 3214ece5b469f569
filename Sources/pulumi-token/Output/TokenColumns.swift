import HostSystem
import PulumiCloud
import TokenLifecycle

/// The columns of `list`, as wide on the last page as on the first one.
struct TokenColumns {
    private static let header = ["ID", "KIND", "CREATED", "EXPIRES", "IN", "LAST USED", "DESCRIPTION"]
    /// An ID, a kind, a moment, `59 minutes`; wider cells widen what comes after them.
    private var widths = [36, 12, 20, 20, 10, 20, 0]
    /// Unix time, seconds.
    let now: Int64
    /// Whether descriptions keep their tags.
    let isWide: Bool
    /// Columns of the terminal; nil when nothing is to be cut.
    let width: Int?

    init(now: Int64, isWide: Bool, width: Int?) {
        self.now = now
        self.isWide = isWide
        self.width = width
    }

    mutating func text(of rows: [TokenRow], withHeader: Bool) -> String {
        let cells = (withHeader ? [Self.header] : []) + rows.map(cells)
        for row in cells { widths = zip(widths, row).map { max($0, $1.count) } }
        widths[widths.count - 1] = 0
        let before = widths.reduce(0) { $0 + $1 + 2 } - 2
        // A description is cut before anything else is; of what remains, nothing.
        let room = width.map { max(0, $0 - before) }
        let shown = cells.map { row in
            guard let room, let text = row.last, text.count > room else { return row }
            return row.dropLast() + [room > 3 ? text.prefix(room - 3) + "..." : ""]
        }
        return Table.text(shown, atLeast: widths)
    }

    private func cells(of row: TokenRow) -> [String] {
        let token = row.token
        let text = isWide ? token.description : Description(parsing: token.description)?.text ?? token.description
        return [
            token.id.rawValue, row.kind.name, token.created.map(Self.moment) ?? "unknown",
            token.expires.map { "\(Moment($0))" } ?? "never", token.expires.map(left) ?? "-",
            token.lastUsed.map { "\(Moment($0))" } ?? "never", text,
        ]
    }

    private static func moment(_ text: String) -> String { Moment(parsing: text).map { "\($0)" } ?? text }

    /// `40 minutes`.
    private func left(until expires: Int64) -> String {
        let seconds = expires - now
        guard seconds > 0 else { return "expired" }
        let unit: Int64 = seconds >= 86400 ? 86400 : seconds >= 3600 ? 3600 : seconds >= 60 ? 60 : 1
        return "\(TimeSpan(seconds: seconds / unit * unit))"
    }
}
