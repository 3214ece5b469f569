import HostSystem
import PulumiCloud
import TokenLifecycle

/// `pulumi-token revoke`: ends given tokens, or the lease of this session.
struct RevokeCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    /// A lease and everywhere that its record stands.
    private struct Found {
        var lease: Lease
        var places: [any LeaseRecords]
    }

    func run() throws(any ExplainedError) -> ExitCode {
        guard arguments.operands.isEmpty else { return try revokeByID() }
        let found = try leases()
        guard !found.isEmpty else { return .done }
        let cloud = try CloudChoice(arguments, context, console)
        let ours = found.filter { belongs($0, to: cloud) }
        guard ours.contains(where: { !$0.lease.isSettled }) else {
            ours.forEach(forget)
            return ours.count == found.count ? .done : .failed
        }
        let connection: Connection
        do {
            connection = try Connector(arguments, context, console).connect(to: cloud, for: .revoking)
        } catch {
            return try withoutCredential(ours, error)
        }
        let codes = ours.map { end($0, over: connection) }
        return codes.contains(.notAllowed) ? .notAllowed : codes.first { $0 != .done } ?? .done
    }

    // MARK: By id

    private func revokeByID() throws(any ExplainedError) -> ExitCode {
        var ids: [TokenID] = []
        for word in arguments.operands {
            // A value in the place of an id must not come back in a message.
            guard !word.hasPrefix("pul-"), let id = TokenID(rawValue: word) else {
                throw UsageError(
                    "an operand is no token id",
                    hint: "give ids as list shows them, never the value of a token"
                )
            }
            ids.append(id)
        }
        let connection = try Connector(arguments, context, console)
            .connect(to: try CloudChoice(arguments, context, console), for: .revoking)
        let revocation = connection.revocation()
        var report = Revocation.Report()
        for id in ids {
            do throws(CloudError) {
                report.ended.append((id, try revocation.end(id, expires: nil, isOwn: isOwn(id))))
            } catch {
                report.failures.append((Leftover(tokenID: id, expires: 0), error))
            }
        }
        return RevocationNews(console: console, explain: connection.explain).tell(report)
    }

    private func isOwn(_ id: TokenID) -> Bool {
        context.environment["PULUMI_ACCESS_TOKEN_ID"] == id.rawValue
    }

    // MARK: By lease

    private func leases() throws(any ExplainedError) -> [Found] {
        if let path = arguments.text(of: .lease) {
            let file = LeaseFile(path: path)
            return found(try entries { () throws(FileError) in [try file.entry()].compactMap(\.self) }, in: file)
        }
        guard let session = try Session.current(arguments, context) else {
            try listCandidates()
            throw UsageError(
                "no session is known, so there is no lease to end",
                hint: "name one with --session, or give the id of a token"
            )
        }
        var all: [Found] = []
        for folder in LeasePlaces(context).all {
            for found in found(
                try entries { () throws(FileError) in try folder.entries(session: session.name) },
                in: folder
            ) {
                if let index = all.firstIndex(where: { $0.lease.id == found.lease.id }) {
                    all[index].places += found.places
                } else {
                    all.append(found)
                }
            }
        }
        if all.isEmpty { console.info("nothing to revoke: the session \(quoted(session.name)) has no lease") }
        return all
    }

    private func entries(
        _ read: () throws(FileError) -> [LeaseFolder.Entry]
    ) throws(any ExplainedError) -> [LeaseFolder.Entry] {
        do throws(FileError) {
            return try read()
        } catch {
            throw Explanation(
                .unreadableFile,
                "cannot read \(error.path): \(error.reason)",
                hint: "revoke by id instead"
            )
        }
    }

    private func found(_ entries: [LeaseFolder.Entry], in place: some LeaseRecords) -> [Found] {
        entries.compactMap { entry in
            switch entry {
            case .lease(let lease): return Found(lease: lease, places: [place])
            case .foreign(let path, let reason):
                console.warning("left alone: \(path): \(reason)")
                return nil
            }
        }
    }

    private func listCandidates() throws(any ExplainedError) {
        var told: Set<Nonce> = []
        for folder in LeasePlaces(context).all {
            for case .lease(let lease) in try entries({ () throws(FileError) in try folder.entries() }) {
                guard told.insert(lease.id).inserted, !lease.isSettled else { continue }
                let token = lease.tokenID.map { "token \($0)" } ?? "a mint without a reply"
                console.info("session \(quoted(lease.session)): \(token), expires \(Moment(lease.lastExpiry))")
            }
        }
    }

    private func belongs(_ found: Found, to cloud: CloudChoice) -> Bool {
        guard found.lease.cloud != cloud.url.text else { return true }
        console.warning(
            "left alone: a lease of \(quoted(found.lease.cloud)), which is not \(cloud.url.text)",
            hint: "say which cloud with --cloud-url"
        )
        return false
    }

    private func end(_ found: Found, over connection: Connection) -> ExitCode {
        var found = found
        if !found.lease.isRevocable {
            console.info("an exchanged token cannot be revoked; it ends \(Moment(found.lease.expires ?? 0))")
            forget(found)
            return .done
        }
        let report = connection.revocation().end(&found.lease, isPatient: true)
        if found.lease.isSettled {
            forget(found)
        } else {
            for place in found.places { _ = try? place.save(found.lease) }
        }
        return RevocationNews(console: console, explain: connection.explain).tell(report)
    }

    private func forget(_ found: Found) {
        found.lease.folder.map(JobFolder.remove)
        for place in found.places { place.remove(found.lease) }
    }

    /// Nothing can be asked: what has expired by the clock is settled, everything else is named.
    private func withoutCredential(_ all: [Found], _ error: any ExplainedError) throws(any ExplainedError) -> ExitCode {
        let margin: Int64 = 60
        let living = all.filter { $0.lease.lastExpiry + margin > context.clock.unixTime() }
        for found in all where found.lease.lastExpiry + margin <= context.clock.unixTime() {
            console.info("the token expired \(Moment(found.lease.lastExpiry))")
            forget(found)
        }
        guard !living.isEmpty else { return .done }
        for found in living {
            let leftover = Leftover(tokenID: found.lease.tokenID, expires: found.lease.lastExpiry)
            console.warning("not revoked: \(leftover.sentence)")
        }
        throw error
    }
}
