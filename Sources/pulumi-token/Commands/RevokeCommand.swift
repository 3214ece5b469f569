import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// `pulumi-token revoke`: ends given tokens, or the lease of this session.
struct RevokeCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(Explanation) -> ExitCode {
        guard arguments.operands.isEmpty else { return try revokeByID() }
        // What stands under this session's name and cannot be read may be the record of a living token.
        var damage = ExitCode.done
        let found = try leases { damage = damage == .done ? $0 : damage }
        guard !found.isEmpty else { return damage }
        let door = try CloudDoor(arguments, context, console)
        let cloud = try door.choice()
        let ours = found.filter { belongs($0, to: cloud) }
        let ending = LeaseEnding(context: context, console: console, door: door, cloud: cloud)
        let code = try ending.end(ours)
        guard code == .done else { return code }
        return ours.count < found.count ? .failed : damage
    }

    // MARK: By id

    private func revokeByID() throws(Explanation) -> ExitCode {
        let ids = try ids()
        let door = try CloudDoor(arguments, context, console)
        let access = try door.access(to: try door.choice(), for: .revoking)
        let revocation = access.revocation(door.budget, in: context, report: console.reporter)
        var report = Revocation.Report()
        for id in ids {
            do throws(CloudError) {
                report.ended.append((id, try revocation.end(id, expires: nil, isOwn: isOwn(id))))
            } catch {
                report.failures.append((Leftover(tokenID: id, expires: 0), error))
            }
            if let signal = door.budget.signal { throw .interrupted(by: signal) }
        }
        return RevocationNews(console: console, explain: access.explain).tell(report)
    }

    private func ids() throws(Explanation) -> [TokenID] {
        var ids: [TokenID] = []
        for word in arguments.operands {
            // A value in the place of an id must not come back in a message.
            guard !word.hasPrefix("pul-"), let id = TokenID(rawValue: word) else {
                throw Explanation(ToolError.noTokenID)
            }
            ids.append(id)
        }
        // A token that ends itself can end nothing after that.
        return ids.filter { !isOwn($0) } + ids.filter(isOwn)
    }

    private func isOwn(_ id: TokenID) -> Bool {
        context.environment["PULUMI_ACCESS_TOKEN_ID"] == id.rawValue
    }

    // MARK: By lease

    /// - Parameter damaged: told of each record that was left alone, with the exit code for it.
    private func leases(damaged: (ExitCode) -> Void) throws(Explanation) -> [FoundLease] {
        if let path = arguments.text(of: .lease) { return try leases(in: LeaseFile(path: path)) }
        guard let session = try Session.current(arguments, context) else {
            try listCandidates()
            throw Explanation(ToolError.noSession)
        }
        var isSure = true
        let found = try reading { () throws(FileError) in
            try FoundLease.all(of: session, in: LeasePlaces(context).all) {
                isSure = false
                damaged(tell($0))
            }
        }
        if found.isEmpty, isSure { console.info("nothing to revoke: this session has no lease") }
        return found
    }

    private func leases(in file: LeaseFile) throws(Explanation) -> [FoundLease] {
        switch try reading({ () throws(FileError) in try file.entry() }) {
        case .lease(let lease): return [FoundLease(lease, in: [file])]
        case .unusable(.foreign(let path, let reason)):
            throw Explanation(ToolError.foreignLease(path: path, reason: reason))
        case .unusable(.unreadable(let error)), .unusable(.copies(let error)):
            throw Explanation(ToolError.unreadableLease(error))
        case nil:
            console.info("nothing to revoke: there is no such lease")
            return []
        }
    }

    /// Says what was left alone, and gives the exit code for it.
    private func tell(_ record: UnusableRecord) -> ExitCode {
        switch record {
        case .foreign(_, let reason):
            console.warning("left alone: \(record.path): \(reason)", hint: "revoke by id instead")
            return .malformedFile
        case .unreadable(let error):
            console.warning("left alone: \(record.path): \(error.reason)", hint: "revoke by id instead")
            return .unreadableFile
        case .copies(let error):
            console.warning("the copies of the records cannot be used: \(record.path): \(error.reason)")
            return .done
        }
    }

    private func reading<Value>(_ read: () throws(FileError) -> Value) throws(Explanation) -> Value {
        do throws(FileError) {
            return try read()
        } catch {
            throw Explanation(ToolError.unreadableLease(error))
        }
    }

    private func listCandidates() throws(Explanation) {
        var told: Set<Nonce> = []
        let entries = try reading { () throws(FileError) in
            try LeaseFolder.entries(in: LeasePlaces(context).all) { _ = tell($0) }
        }
        for case (_, .lease(let lease)) in entries {
            guard told.insert(lease.id).inserted, !lease.isSettled else { continue }
            let token = lease.tokenID.map { "token \($0)" } ?? "a mint without a reply"
            console.info("session \(quoted(lease.session)): \(token), expires \(Moment(lease.lastExpiry))")
        }
    }

    private func belongs(_ found: FoundLease, to cloud: CloudChoice) -> Bool {
        guard found.lease.cloud != cloud.url.text else { return true }
        console.warning(
            "left alone: a lease of \(quoted(found.lease.cloud)), which is not \(cloud.url.text)",
            hint: "say which cloud with --cloud-url"
        )
        return false
    }
}
