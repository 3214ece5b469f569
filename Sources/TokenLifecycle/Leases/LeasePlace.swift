package import CISystems
package import HostSystem
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// One place where the record of a lease is kept.
package enum LeasePlace: Sendable {
    /// A private directory with one file for each lease: `SESSION.LEASE.json`, 0600, SESSION being a digest.
    ///
    /// `isDurable` is false for one that does not outlive the job anyway.
    case directory(String, isDurable: Bool)
    /// A file that the user chose.
    case file(String)
    /// The state of a GitHub action, which the runner hands to the post step.
    case state(EnvironmentFile, Randomness)

    /// The key under which the action's state has the record: the post step finds it as `STATE_lease`.
    package static let stateKey = "lease"

    /// Where the record of a lease is, or would be; nil where it is not a file.
    package func path(of lease: Lease) -> String? {
        switch self {
        case .directory(let path, _): "\(path)/\(Self.name(of: lease))"
        case .file(let path): path
        case .state: nil
        }
    }

    // MARK: Changing

    /// Writes a record where none is yet.
    ///
    /// - Throws: also `EEXIST` when there is one, or something else.
    func create(_ record: LeaseRecord) throws(FileError) {
        guard let file = recordFile(of: record.lease) else { return try append(record) }
        guard !file.isNamedAfterLease else { return try file.create(record) }
        try file.locked(making: true) { folder throws(FileError) in
            // An empty file is a place that somebody made for the record.
            guard try file.contents(in: folder)?.isEmpty != false else {
                throw FileError(.make, file.path, code: EEXIST)
            }
            try file.write(record, in: folder)
        }
    }

    /// Applies changes to the record as it is by now.
    ///
    /// - Parameters:
    ///   - new: the lease with the changes.
    ///   - known: what was last written here; where it stands as it was, it need not be understood anew.
    ///   - isOwned: whether the lease is ours: a record that is gone is then written anew.
    /// - Returns: what stands here now; nil where nothing was written.
    func update(
        _ new: LeaseRecord,
        since known: LeaseRecord?,
        by changes: [LeaseChange],
        isOwned: Bool
    ) throws(FileError) -> LeaseRecord? {
        guard let file = recordFile(of: new.lease) else {
            try append(new)
            return nil
        }
        var written: LeaseRecord?
        try file.locked(making: isOwned) { folder throws(FileError) in
            if let bytes = try file.contents(in: folder), !bytes.isEmpty {
                let current = bytes == known?.bytes ? known : LeaseRecord(bytes)
                guard let current, current.lease.id == new.lease.id else { return }
                // Others may have added what the lease in our hands does not know of.
                let changed = changes.reduce(into: current.lease) { $0.apply($1) }
                let record = changed == new.lease ? new : LeaseRecord(changed)
                written = try file.change(current, to: record, by: changes, in: folder)
            } else if isOwned {
                try file.write(new, in: folder)
                written = new
            }
        }
        return written
    }

    /// Removes the record, unless it holds something that the lease in our hands does not know of.
    ///
    /// - Parameter changes: what the record does not know yet.
    func close(_ lease: Lease, _ changes: [LeaseChange], at now: Int64) {
        guard let file = recordFile(of: lease) else {
            // The runner takes the last value of a key.
            if lease.isOver(at: now) { try? append(nil) }
            return
        }
        try? file.locked(making: false) { folder throws(FileError) in
            guard let bytes = try file.contents(in: folder) else { return }
            guard let current = LeaseRecord(bytes)?.lease else {
                // Beside a good record of the same lease, as after a crash, a damaged one goes with it.
                return lease.isOver(at: now) && file.isNamedAfterLease ? try file.remove(from: folder) : ()
            }
            guard current.id == lease.id else { return }
            let changed = changes.reduce(into: current) { $0.apply($1) }
            if changed.isOver(at: now) { return try file.remove(from: folder) }
            if changed != current { try file.write(LeaseRecord(changed), in: folder) }
        }
    }

    // MARK: Reading

    /// What the place holds, of one session or of all.
    ///
    /// - Throws: when the place is there but may not be used; a missing one is not an error.
    func entries(session: String? = nil) throws(FileError) -> [LeaseStore.Entry] {
        switch self {
        case .state: return []
        case .file(let path):
            guard let bytes = try RecordFile(path: path, isDurable: true).contents(), !bytes.isEmpty else { return [] }
            return [LeaseRecord(bytes).map { .lease($0.lease) } ?? .unusable(.notUnderstood(path: path))]
        case .directory(let path, _):
            guard let folder = try PrivateFolder.openIfThere(at: path) else { return [] }
            let prefix = session.map { Self.prefix(of: $0) + "." } ?? ""
            return try folder.names().filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") && !$0.hasPrefix(".") }
                .compactMap { Self.entry($0, in: folder, session: session) }
        }
    }

    /// The record of a lease as it is by now; nil when it is gone or cannot be read.
    func current(_ lease: Lease) -> Lease? {
        let file = recordFile(of: lease)
        return (try? file?.lease()).flatMap { $0?.id == lease.id ? $0 : nil }
    }

    private static func entry(_ name: String, in folder: PrivateFolder, session: String?) -> LeaseStore.Entry? {
        let path = folder.file(name)
        do throws(FileError) {
            var record = LeaseRecord(try folder.contents(of: name, limit: Lease.encodedLimit))
            // One that is changed in place at this very moment is whole at the next.
            if record == nil { record = LeaseRecord(try folder.contents(of: name, limit: Lease.encodedLimit)) }
            guard let lease = record?.lease, Self.name(of: lease) == name else {
                return .unusable(.notUnderstood(path: path))
            }
            return session == nil || lease.session == session ? .lease(lease) : nil
        } catch {
            // Another process may have revoked that token between the listing and now.
            return error.isMissing ? nil : .unusable(.unreadable(error))
        }
    }

    // MARK: Names

    private func recordFile(of lease: Lease) -> RecordFile? {
        guard let path = path(of: lease) else { return nil }
        if case .directory(_, let isDurable) = self {
            return RecordFile(path: path, isDurable: isDurable, isNamedAfterLease: true)
        }
        return RecordFile(path: path, isDurable: true)
    }

    private func append(_ record: LeaseRecord?) throws(FileError) {
        guard case .state(let file, let random) = self else { return }
        let text = record.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        do throws(ExportError) {
            try file.append([.plain(Self.stateKey, text)], randomness: random)
        } catch {
            guard case .unwritable(let path, let code) = error else { throw .notRegular(file.path) }
            throw FileError(.write, path, code: code)
        }
    }

    private static func name(of lease: Lease) -> String {
        "\(prefix(of: lease.session)).\(lease.id.rawValue).json"
    }

    private static func prefix(of session: String) -> String {
        hexadecimal(sha256(Array(session.utf8)).prefix(8))
    }
}

extension Lease {
    /// Whether the record has no further use.
    func isOver(at now: Int64) -> Bool {
        isSettled || !isRevocable || hasExpired(at: now, margin: LeaseState.clockMargin)
    }
}

extension UnusableRecord {
    static func notUnderstood(path: String) -> UnusableRecord {
        .foreign(path: path, reason: "it is not a lease record that this version can read")
    }
}
