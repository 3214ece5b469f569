import CISystems
import Credentials
import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

/// `pulumi-token revoke`: revokes given tokens, or those of this session.
struct RevokeCommand {
    let arguments: Arguments
    private(set) var context: Context

    init(arguments: Arguments, context: Context) {
        (self.arguments, self.context) = (arguments, context)
    }

    func run() throws(Explanation) -> ExitCode {
        let export = try RevocationExport(arguments, in: context)
        guard export == nil || !arguments.isOn(.json) else { throw .twoOutputs }
        var results = Results(in: context.environment)
        var command = self
        let code: ExitCode
        do throws(Explanation) {
            code = try command.revoke(&results)
        } catch {
            if !results.rows.isEmpty { try print(results.rows) }
            throw error
        }
        try print(results.rows)
        if let export {
            code == .done ? try export.forget(results.variables.names) : export.fail(code)
        } else if let sentence = results.variables.sentence {
            context.console.info(sentence)
        }
        return code
    }

    /// What a revocation came to: for the shell that runs it, and for programs.
    private struct Results {
        var variables: RevokedVariables
        var rows = RevocationRows()

        init(in environment: Environment) { variables = RevokedVariables(in: environment) }
    }

    private func print(_ rows: RevocationRows) throws(Explanation) {
        guard arguments.isOn(.json) else { return }
        try Printing.json(in: context) { list in
            list.member("version", 1)
            rows.write(to: &list)
        }
    }

    private mutating func revoke(_ results: inout Results) throws(Explanation) -> ExitCode {
        guard arguments.operands.isEmpty else { return try revoke(try ids(), &results) }
        let hasEndedHelper = try HelperEnding(arguments, in: context).run(&results.variables)
        let found = try leases(saysNothing: hasEndedHelper)
        forgetFolder(of: found.leases)
        // What is under this session's name and cannot be read may be the record of a valid token.
        for record in found.unusable { context.console.warn(of: record) }
        let damage = found.unusable.map(\.exitCode).first { $0 != .done } ?? .done
        guard !found.leases.isEmpty else {
            guard damage == .done, let id = unrecorded else { return damage }
            return try revoke(unrecorded: id, &results)
        }
        do throws(Explanation) {
            let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
            let cloud = try Parent.choose(options, in: context)
            let ours = found.leases.filter { belongs($0.lease, to: cloud) }
            let code = try revoke(ours, in: cloud, options, &results)
            guard code == .done else { return code }
            return ours.count < found.leases.count ? .failed : damage
        } catch {
            // A copy of a token that could not be revoked is not left behind either.
            for stored in found.leases { stored.removeFiles() }
            throw error
        }
    }

    /// What a later login left in a folder of these very leases decides neither cloud nor credential.
    private mutating func forgetFolder(of leases: [StoredLease]) {
        guard let path = context.environment["PULUMI_CREDENTIALS_PATH"],
            leases.contains(where: { $0.lease.credentialsFolder == path })
        else { return }
        context.environment = context.environment.replacing(["PULUMI_CREDENTIALS_PATH": nil])
    }

    private func revoke(
        _ leases: [StoredLease],
        in cloud: CloudChoice,
        _ options: CloudOptions,
        _ results: inout Results
    ) throws(Explanation) -> ExitCode {
        guard !leases.isEmpty else { return .done }
        let budget = context.budget(options.deadline)
        var revoker = Revoker(
            options,
            in: cloud,
            context: context,
            within: budget
        )
        let reports: [RevocationReport]
        do throws(LifecycleError) {
            reports = try revoker.revoke(leases, isPatient: true)
        } catch {
            context.console.warn(of: error.leftovers)
            results.rows.add(error.leftovers, of: leases.map(\.lease), because: error.explanation)
            throw error.explanation
        }
        for (stored, report) in zip(leases, reports) {
            results.variables.note(stored.lease, report)
            results.rows.add(report, of: stored.lease, explain: revoker.explain)
        }
        let code = RevocationText(context.console, explain: revoker.explain).tell(reports)
        if let signal = budget.signal { throw .interrupted(by: signal) }
        return code
    }

    // MARK: Without a record

    /// The token that the job has although no record of it is here: in another container, or for another user.
    ///
    /// Who names a session means that one.
    private var unrecorded: TokenID? {
        if case .flag = arguments.value(of: .session)?.origin { return nil }
        guard arguments.value(of: .lease) == nil else { return nil }
        return context.environment.nonEmpty("PULUMI_ACCESS_TOKEN_ID").flatMap(TokenID.init)
    }

    private func revoke(unrecorded id: TokenID, _ results: inout Results) throws(Explanation) -> ExitCode {
        let place = arguments.store(in: context).path
        context.console.notice(
            "\(place) has no record of this session, so the token is revoked by the ID in PULUMI_ACCESS_TOKEN_ID"
        )
        do throws(Explanation) {
            return try revoke([id], isRecorded: false, &results)
        } catch {
            guard error.exitCode == .notAllowed else { throw error }
            throw .noRecord(of: id, in: place, reason: error.message)
        }
    }

    // MARK: By id

    private func revoke(
        _ ids: [TokenID],
        isRecorded: Bool = true,
        _ results: inout Results
    ) throws(Explanation) -> ExitCode {
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let budget = context.budget(options.deadline)
        let cloud = try Parent.choose(options, in: context)
        var revoker = Revoker(options, in: cloud, context: context, within: budget)
        let own = context.environment.nonEmpty("PULUMI_ACCESS_TOKEN_ID").flatMap(TokenID.init)
        let records = records(in: cloud)
        let named = try byKind(ids, records)
        var found: [(kind: TokenKind?, tokens: Revoker.NamedTokens)] = []
        do throws(Explanation) {
            for (kind, ids) in named { found.append((kind, try revoker.find(ids, of: kind))) }
        } catch {
            if let signal = budget.signal { throw .interrupted(by: signal) }
            // Called twice in a shell that has nothing but the token.
            guard !isRecorded, revoker.isSpent else { throw error }
            context.console.info("nothing to revoke: Pulumi Cloud no longer accepts the token in PULUMI_ACCESS_TOKEN")
            return .done
        }
        // Nothing is revoked while a typo may mean another token than the one that is to go.
        if let (typed, meant) = found.flatMap(\.tokens.mistyped).first { throw .mistypedID(typed, meant: meant) }
        let code = tell(found.flatMap(\.tokens.unknown), areTyped: isRecorded)
        for (kind, tokens) in found { results.rows.add(unknown: tokens.unknown, kind: kind ?? revoker.usualKind) }
        // A token that revokes itself can revoke nothing after that.
        let isOwn = { (tokens: Revoker.NamedTokens) in tokens.listed.contains { $0.id == own } }
        var reports: [RevocationReport] = []
        for (kind, tokens) in found.filter({ !isOwn($0.tokens) }) + found.filter({ isOwn($0.tokens) })
        where !tokens.listed.isEmpty {
            let report = try revoker.revoke(tokens.listed, of: kind, own: own)
            reports.append(report)
            results.rows.add(report, of: tokens.listed, kind: kind ?? revoker.usualKind, explain: revoker.explain)
        }
        for report in reports { results.variables.note(report, records) }
        guard !reports.isEmpty else { return code }
        if let signal = budget.signal { throw .interrupted(by: signal) }
        let revoked = RevocationText(context.console, explain: revoker.explain).tell(reports)
        return revoked == .done ? code : revoked
    }

    /// Where each token is: as the options say, else as a record of it says; nil for what fits the credential.
    private func byKind(
        _ ids: [TokenID],
        _ records: [Lease]
    ) throws(Explanation) -> [(kind: TokenKind?, ids: [TokenID])] {
        if let kind = try explaining({ () throws(UsageError) in try arguments.kind() }) { return [(kind, ids)] }
        return Dictionary(grouping: ids) { id in records.first { $0.tokenID == id }?.kind }
            .map { ($0.key, $0.value) }
    }

    private func records(in cloud: CloudChoice) -> [Lease] {
        ((try? arguments.store(in: context).leases(of: nil))?.leases ?? []).map(\.lease)
            .filter { $0.cloud == cloud.url.text }
    }

    /// Names the tokens that are not there; all is well only with those of which a record knows.
    ///
    /// - Parameter areTyped: whether a person typed them, and so may have mistaken them.
    private func tell(_ unknown: [TokenID], areTyped: Bool) -> ExitCode {
        guard !unknown.isEmpty else { return .done }
        guard areTyped else {
            for id in unknown {
                context.console.warning(
                    "no token has the ID \(id): it expired, was revoked, or belongs to another account"
                )
            }
            return .done
        }
        let recorded = Set(((try? LeaseStore(context).leases(of: nil))?.leases ?? []).compactMap(\.lease.tokenID))
        for id in unknown {
            context.console.warning("no token has the ID \(id): it expired, was revoked, or the ID is wrong")
        }
        return unknown.allSatisfy(recorded.contains) ? .done : .failed
    }

    private func ids() throws(Explanation) -> [TokenID] {
        var ids: [TokenID] = []
        for word in arguments.operands {
            // A value in the place of an id must not come back in a message.
            guard !word.hasPrefix("pul-"), let id = TokenID(rawValue: word) else { throw .notATokenID }
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    // MARK: By lease

    /// - Parameter saysNothing: whether it is no news that there is none.
    private func leases(saysNothing: Bool) throws(Explanation) -> LeaseStore.FoundLeases {
        let store = arguments.store(in: context)
        if store.isFile { return try leases(inFile: store) }
        guard let session = try arguments.session(in: context) else {
            if unrecorded != nil { return LeaseStore.FoundLeases() }
            listCandidates(try reading(store, nil))
            throw .noSession
        }
        var found = try reading(store, session)
        let kept = session.isImplied ? store.takeLeftToOthers(from: &found) : []
        for id in kept.compactMap(\.tokenID) {
            context.console.notice("kept \(id): an earlier job minted it for others; to revoke it, name its ID")
        }
        if found.leases.isEmpty, found.unusable.isEmpty, unrecorded == nil, !saysNothing, kept.isEmpty {
            context.console.info("nothing to revoke: this session has no lease record")
        }
        return found
    }

    private func leases(inFile store: LeaseStore) throws(Explanation) -> LeaseStore.FoundLeases {
        let found = try reading(store, nil)
        switch found.unusable.first {
        case .foreign(let path, let reason): throw .foreignLease(path: path, reason: reason)
        case .unreadable(let error), .copies(let error): throw .unreadableLease(error)
        case nil: break
        }
        if found.leases.isEmpty { context.console.info("nothing to revoke: the lease record does not exist") }
        return found
    }

    private func reading(_ store: LeaseStore, _ session: Session?) throws(Explanation) -> LeaseStore.FoundLeases {
        do throws(FileError) {
            let speaksForAll = context.system.wholeBuildSession != nil && session?.name == context.system.sessionID
            return try speaksForAll ? store.leasesOfThisJob() : store.leases(of: session)
        } catch {
            throw .unreadableLease(error)
        }
    }

    private func listCandidates(_ found: LeaseStore.FoundLeases) {
        for record in found.unusable { context.console.warn(of: record) }
        for lease in found.leases.map(\.lease) where !lease.isSettled {
            let token = lease.tokenID.map { "token \($0)" } ?? "a mint without a reply"
            context.console.info("session \(quoted(lease.session)): \(token), expires \(Moment(lease.lastExpiry))")
        }
    }

    private func belongs(_ lease: Lease, to cloud: CloudChoice) -> Bool {
        guard lease.cloud != cloud.url.text else { return true }
        context.console.warning(
            "ignored a lease record of \(quoted(lease.cloud)), which is not \(cloud.url.text)",
            hint: "set --cloud-url to the cloud that is meant"
        )
        return false
    }
}

extension Explanation {
    static let notATokenID = Explanation(
        .usage,
        "one of the arguments is not a token ID",
        hint: "use an ID as list shows it, never the token itself"
    )

    static let twoOutputs = Explanation(
        .usage,
        "--json and --export both write to standard output",
        hint: "set only one of them"
    )

    static func mistypedID(_ id: TokenID, meant: TokenID) -> Explanation {
        Explanation(
            .usage,
            "no token has the ID \(quoted(id.rawValue)), but one has the ID \(meant)",
            hint: "use the whole ID, as list shows it"
        )
    }

    static func noRecord(of id: TokenID, in place: String, reason: String) -> Explanation {
        Explanation(
            .notAllowed,
            "cannot revoke the token \(id): \(reason), and \(place) has no record of it",
            hint: "run pulumi-token revoke where mint ran, or with the parent credential"
        )
    }

    static let noSession = Explanation(
        .usage,
        "cannot revoke: no session found",
        hint: "set --session, or use the ID of a token"
    )

    static func foreignLease(path: String, reason: String) -> Explanation {
        Explanation(.malformedFile, "cannot use \(path): \(reason)", hint: "use the ID of the token")
    }

    static func unreadableLease(_ error: FileError) -> Explanation {
        Explanation(.unreadableFile, "cannot read \(error.path): \(error.reason)", hint: "use the ID of the token")
    }
}
