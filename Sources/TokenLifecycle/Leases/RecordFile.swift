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
        try contents().flatMap(Lease.init(encoded:))
    }

    /// Writes the first record of a lease, whose name nobody else knows.
    func create(_ record: LeaseRecord) throws(FileError) {
        try write(record, in: PrivateFolder.create(at: directory))
    }

    func write(_ record: LeaseRecord, in folder: PrivateFolder) throws(FileError) {
        try folder.replace(name, with: record.bytes, durable: isDurable)
    }

    /// Notes that the job has the token, in place and without a flush: where the machine crashes now, the job is over, and
    /// nobody can tell any more whether its processes were done.
    ///
    /// - Parameters:
    ///   - bytes: what the file holds.
    ///   - exported: what it is to say.
    /// - Returns: false where the file has another form, or cannot be changed; it is then as it was.
    func markExported(_ bytes: [UInt8], _ exported: LeaseRecord, in folder: PrivateFolder) -> Bool {
        let new = exported.bytes
        guard new.count == bytes.count, let first = new.indices.first(where: { new[$0] != bytes[$0] }),
            let last = new.indices.last(where: { new[$0] != bytes[$0] })
        else { return false }
        do throws(FileError) {
            try folder.overwrite(Array(new[first...last]), at: first, of: name)
            return true
        } catch {
            return false
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
