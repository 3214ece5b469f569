import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

/// What became of tokens, for programs: of `revoke --json`, and in the file of `exec --json-file`.
struct RevocationRows {
    enum Outcome: String, CaseIterable {
        case revoked
        /// It had expired or was revoked already.
        case gone
        /// It expired before it was revoked, so perhaps too early for its job.
        case expired
        /// It might be valid.
        case failed
        /// The record that names it is not its own, so it was left alone.
        case spared
        /// No list shows it, and no record tells of it.
        case unknown
        /// An exchanged token, which nobody can revoke.
        case notRevocable = "not-revocable"
    }

    private struct Row {
        /// nil when a reply was lost, and of an exchanged token.
        var id: TokenID?
        var kind: TokenKind
        var description: String?
        /// Unix time, seconds.
        var expires: Int64?
        var session: String?
        var outcome: Outcome
        /// Why it was not revoked, for people.
        var error: String?
    }

    /// What is known of the tokens of one report.
    private struct Origin {
        var kind: TokenKind
        var session: String?
        var tokens: [ListedToken] = []

        func row(_ id: TokenID?, _ outcome: Outcome, until expires: Int64? = nil, error: String? = nil) -> Row {
            let token = tokens.first { $0.id == id }
            return Row(
                id: id,
                kind: kind,
                description: token.flatMap { $0.description.isEmpty ? nil : $0.description },
                expires: expires ?? token?.expires,
                session: session,
                outcome: outcome,
                error: error
            )
        }
    }

    private var rows: [Row] = []
    var isEmpty: Bool { rows.isEmpty }

    // MARK: Adding

    /// - Parameter explain: what a failed request means.
    mutating func add(_ report: RevocationReport, of lease: Lease, explain: (CloudError) -> Explanation) {
        let tokens = ListedToken(of: lease).map { [$0] } ?? []
        add(report, Origin(kind: lease.kind, session: lease.session, tokens: tokens), explain)
    }

    /// - Parameter tokens: as the list shows those that the report is about.
    mutating func add(
        _ report: RevocationReport,
        of tokens: [ListedToken] = [],
        kind: TokenKind,
        session: String? = nil,
        explain: (CloudError) -> Explanation
    ) {
        add(report, Origin(kind: kind, session: session, tokens: tokens), explain)
    }

    mutating func add(unknown ids: [TokenID], kind: TokenKind) {
        rows += ids.map { Origin(kind: kind).row($0, .unknown) }
    }

    /// What a mint that failed has left.
    mutating func add(_ leftovers: [Leftover], kind: TokenKind, session: String, because error: Explanation) {
        let origin = Origin(kind: kind, session: session)
        rows += leftovers.map { origin.row($0.tokenID, .failed, until: $0.expires, error: error.message) }
    }

    /// What might be valid because nobody could be asked to revoke it.
    mutating func add(_ leftovers: [Leftover], of leases: [Lease], because error: Explanation) {
        for leftover in leftovers {
            let lease = leases.first { $0.tokenID == leftover.tokenID && $0.lastExpiry == leftover.expires }
            guard let lease else { continue }
            let token = ListedToken(of: lease)
            let origin = Origin(kind: lease.kind, session: lease.session, tokens: token.map { [$0] } ?? [])
            rows.append(origin.row(leftover.tokenID, .failed, until: leftover.expires, error: error.message))
        }
    }

    private mutating func add(_ report: RevocationReport, _ origin: Origin, _ explain: (CloudError) -> Explanation) {
        switch report.over {
        case .notRevocable(let expires): rows.append(origin.row(nil, .notRevocable, until: expires))
        case .expired(let expires): rows.append(origin.row(origin.tokens.first?.id, .expired, until: expires))
        case .settled, nil: break
        }
        for (id, ending) in report.ended {
            let isLate = report.expired != nil
            rows.append(origin.row(id, isLate ? .expired : ending == .revoked ? .revoked : .gone))
        }
        for id in report.disowned { rows.append(origin.row(id, .spared, error: RevocationReport.notItsOwn)) }
        for (leftover, error) in report.failures {
            rows.append(origin.row(leftover.tokenID, .failed, until: leftover.expires, error: explain(error).message))
        }
        let reason = report.isAnotherAccount ? RevocationReport.otherAccount : RevocationReport.notListedYet
        for leftover in report.pending {
            rows.append(origin.row(leftover.tokenID, .failed, until: leftover.expires, error: reason))
        }
    }

    // MARK: Writing

    /// `"tokens":[{"id","kind","organization","team","description","expires","expiresAt","session","outcome","error"}]`;
    /// what is not known is left out, and members are only ever added.
    func write(to text: inout JSONText) {
        text.member("tokens", array: rows) { text, row in
            text.object { member in
                member.member("id", row.id?.rawValue)
                row.kind.write(to: &member)
                member.member("description", row.description)
                member.member("expires", row.expires)
                member.member("expiresAt", row.expires.map { "\(Moment($0))" })
                member.member("session", row.session)
                member.member("outcome", row.outcome.rawValue)
                member.member("error", row.error)
            }
        }
    }
}

extension ListedToken {
    /// The token of a lease, as its record says; nil when it has none with an ID.
    fileprivate init?(of lease: Lease) {
        guard let token = lease.token, let id = token.id else { return nil }
        self.init(id: id, description: token.description ?? "", expires: token.expires)
    }
}
