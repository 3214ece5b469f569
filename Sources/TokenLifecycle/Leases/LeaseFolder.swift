internal import HTTPTransport
package import HostSystem
internal import Secrets

/// A folder of lease records, one file for each mint: `SESSION.LEASE.json`, 0600, SESSION being a hash.
package struct LeaseFolder: LeaseRecords, Equatable, Sendable {
    /// What stands in a file of the folder.
    package enum Entry: Equatable, Sendable {
        case lease(Lease)
        /// Not ours to touch.
        case unusable(UnusableRecord)
    }

    package let path: String
    private let isDurable: Bool

    /// - Parameter isDurable: false for a folder that does not outlive the job anyway.
    package init(path: String, isDurable: Bool = true) {
        self.path = path
        self.isDurable = isDurable
    }

    package func save(_ lease: Lease) throws(FileError) {
        try PrivateFolder.create(at: path).replace(Self.name(of: lease), with: lease.encoded(), durable: isDurable)
    }

    package func remove(_ lease: Lease) {
        guard let folder = try? PrivateFolder.open(at: path) else { return }
        _ = try? folder.remove(Self.name(of: lease))
    }

    /// What the folder holds, of one session or of all; nothing when there is no such folder.
    ///
    /// - Throws: when the folder is there but may not be used; a missing one is not an error.
    package func entries(session: String? = nil) throws(FileError) -> [Entry] {
        let folder: PrivateFolder
        do throws(FileError) {
            folder = try PrivateFolder.open(at: path)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
        let prefix = session.map { Self.prefix(of: $0) + "." } ?? ""
        return try folder.names().filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") && !$0.hasPrefix(".") }
            .compactMap { Self.entry($0, in: folder, session: session) }
    }

    /// Removes what processes that died while they wrote have left, if it is older than a moment (Unix time, seconds).
    func removeUnfinished(before moment: Int64) {
        guard let folder = try? PrivateFolder.open(at: path) else { return }
        folder.removeUnfinished(before: moment)
    }

    /// The record of a lease as it is now; nil when it is gone.
    func current(_ lease: Lease) -> Lease? {
        guard let folder = try? PrivateFolder.open(at: path),
            let bytes = try? folder.contents(of: Self.name(of: lease), limit: Lease.encodedLimit)
        else { return nil }
        return Lease(encoded: bytes)
    }

    /// Where the record of a lease stands, or would.
    func path(of lease: Lease) -> String { "\(path)/\(Self.name(of: lease))" }

    private static func entry(_ name: String, in folder: PrivateFolder, session: String?) -> Entry? {
        let path = folder.file(name)
        do throws(FileError) {
            let bytes = try folder.contents(of: name, limit: Lease.encodedLimit)
            guard let lease = Lease(encoded: bytes), Self.name(of: lease) == name else {
                return .unusable(.notUnderstood(path: path))
            }
            return session == nil || lease.session == session ? .lease(lease) : nil
        } catch {
            // Another process may have ended that lease between the listing and now.
            return error.isMissing ? nil : .unusable(.unreadable(error))
        }
    }

    private static func name(of lease: Lease) -> String {
        "\(prefix(of: lease.session)).\(lease.id.rawValue).json"
    }

    private static func prefix(of session: String) -> String {
        hexadecimal(sha256(Array(session.utf8)).prefix(8))
    }
}

extension LeaseFolder {
    /// What some folders hold, each entry with its folder.
    ///
    /// - Parameters:
    ///   - folders: the first that counts first; the others hold copies.
    ///   - unusable: told of a folder of copies that is there but may not be used.
    /// - Throws: when that is the first one.
    package static func entries(
        in folders: [LeaseFolder],
        session: String? = nil,
        unusable: (UnusableRecord) -> Void
    ) throws(FileError) -> [(folder: LeaseFolder, entry: Entry)] {
        var found: [(LeaseFolder, Entry)] = []
        for folder in folders {
            do throws(FileError) {
                found += try folder.entries(session: session).map { (folder, $0) }
            } catch {
                guard folder != folders.first else { throw error }
                unusable(.copies(error))
            }
        }
        return found
    }
}

extension UnusableRecord {
    fileprivate static func notUnderstood(path: String) -> UnusableRecord {
        .foreign(path: path, reason: "it is not a lease record that this version understands")
    }
}

/// A record at a path that the user chose.
package struct LeaseFile: LeaseRecords {
    private let path: String

    package init(path: String) {
        self.path = path
    }

    package func save(_ lease: Lease) throws(FileError) {
        try PrivateFolder.create(at: folder).replace(name, with: lease.encoded(), durable: true)
    }

    package func remove(_ lease: Lease) {
        guard let folder = try? PrivateFolder.open(at: folder) else { return }
        _ = try? folder.remove(name)
    }

    /// nil when there is none, which is how it looks after the lease has ended.
    package func entry() throws(FileError) -> LeaseFolder.Entry? {
        try contents().map { bytes in
            Lease(encoded: bytes).map(LeaseFolder.Entry.lease) ?? .unusable(.notUnderstood(path: path))
        }
    }

    /// An empty file is a place that somebody has made for the record.
    package func occupant() throws(FileError) -> (path: String, entry: LeaseFolder.Entry)? {
        guard try contents()?.isEmpty == false else { return nil }
        return try entry().map { (path, $0) }
    }

    private func contents() throws(FileError) -> [UInt8]? {
        do throws(FileError) {
            return try PrivateFolder.open(at: folder).contents(of: name, limit: Lease.encodedLimit)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    private var folder: String { FilePath.directory(of: path) }
    private var name: String { FilePath.name(of: path) }
}
