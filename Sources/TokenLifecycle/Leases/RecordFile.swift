internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file with a record in it, and the lock under which it is read, changed and written.
struct RecordFile {
    let path: String
    let isDurable: Bool
    /// Whether its name tells whose record it has.
    var isNamedAfterLease = false

    /// How long another process may hold the lock, which nobody does across a request.
    private static let patience: Duration = .seconds(20)

    private var directory: String { FilePath.directory(of: path) }
    private var name: String { FilePath.name(of: path) }
    /// One for all records of a directory, and one for a file that the user chose; it stays, since a lock on a file that
    /// is replaced protects nothing.
    private var lockName: String { isNamedAfterLease ? ".lock" : name + ".lock" }

    /// Runs something while no other process changes the record.
    ///
    /// - Parameter making: whether a missing directory is made; otherwise nothing is done without it.
    func locked(making: Bool, _ body: (PrivateFolder) throws(FileError) -> Void) throws(FileError) {
        let folder = making ? try PrivateFolder.create(at: directory) : try PrivateFolder.openIfThere(at: directory)
        guard let folder else { return }
        let lock = try Descriptor.open(folder.file(lockName), O_RDWR | O_CREAT | O_NOFOLLOW)
        try wait(for: lock)
        defer { lock.unlock() }
        try body(folder)
    }

    /// nil when there is no such file.
    func contents() throws(FileError) -> [UInt8]? {
        guard let folder = try PrivateFolder.openIfThere(at: directory) else { return nil }
        return try contents(in: folder)
    }

    /// The same in its directory.
    func contents(in folder: PrivateFolder) throws(FileError) -> [UInt8]? {
        do throws(FileError) {
            return try folder.contents(of: name, limit: Lease.encodedLimit)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    func lease() throws(FileError) -> Lease? {
        try contents().flatMap { LeaseRecord($0)?.lease }
    }

    /// Writes the first record of a lease, whose name nobody else knows.
    func create(_ record: LeaseRecord) throws(FileError) {
        try write(record, in: PrivateFolder.create(at: directory))
    }

    func write(_ record: LeaseRecord, in folder: PrivateFolder) throws(FileError) {
        try folder.replace(name, with: record.bytes, durable: isDurable)
    }

    /// Writes what has changed: by rename and with a flush, but for what is true without a record as well.
    ///
    /// - Returns: what the file holds then.
    func change(
        _ current: LeaseRecord,
        to new: LeaseRecord,
        by changes: [LeaseChange],
        in folder: PrivateFolder
    ) throws(FileError) -> LeaseRecord {
        if changes == [.exported], let marked = markExported(current, new, in: folder) { return marked }
        if changes.contains(where: \.tellsOfToken), !changes.contains(where: \.isIntent), isNamedAfterLease,
            let longer = current.followed(by: new)
        {
            try folder.append(Array(longer.bytes[current.bytes.count...]), to: name)
            return longer
        }
        try write(new, in: folder)
        return new
    }

    /// Notes that the job has the token, in place and without a flush: where the machine crashes now, the job is over, and
    /// nobody can tell any more whether its processes were done.
    ///
    /// - Returns: nil where the file has another form, or cannot be changed; it is then as it was.
    private func markExported(_ current: LeaseRecord, _ new: LeaseRecord, in folder: PrivateFolder) -> LeaseRecord? {
        guard let (marked, range) = current.changed(to: new) else { return nil }
        do throws(FileError) {
            try folder.overwrite(Array(marked.bytes[range]), at: range.lowerBound, of: name)
            return marked
        } catch {
            return nil
        }
    }

    func remove(from folder: PrivateFolder) throws(FileError) {
        try folder.remove(name)
    }

    private func wait(for lock: borrowing Descriptor) throws(FileError) {
        let end = HostClock.system.uptime() + Self.patience
        do throws(FileError) {
            while try !lock.lock() {
                guard HostClock.system.uptime() < end else { throw FileError(.lock, path, code: EWOULDBLOCK) }
                HostClock.pause(for: .milliseconds(1))
            }
        } catch {
            // Without locks there is one writer less careful, not one token less.
            if error.code == EWOULDBLOCK { throw error }
        }
    }
}

extension LeaseChange {
    /// Whether a token was found to exist.
    ///
    /// That is added to the record without a flush. Where the machine crashes now, the request that made it is still on
    /// record, and the cloud's list shows what came of that.
    fileprivate var tellsOfToken: Bool { if case .minted = self { true } else { false } }

    /// Whether a request is about to go out.
    fileprivate var isIntent: Bool { if case .requesting = self { true } else { false } }
}

extension PrivateFolder {
    /// nil when there is none.
    static func openIfThere(at path: String) throws(FileError) -> PrivateFolder? {
        do throws(FileError) {
            return try open(at: path)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }
}
