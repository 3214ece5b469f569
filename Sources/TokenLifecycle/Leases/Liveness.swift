internal import HostSystem
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The lock by which a process shows that it is still at work on a lease: held from before the record until its end, and
/// released by its death, however sudden.
///
/// It is right across pid, time and user namespaces, with a /proc that hides processes, and without a machine-id.
final class Liveness: Sendable {
    private let descriptor: Descriptor
    private let isShared = Atomic(false)

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    deinit {
        // A child that is being started has this open file until it has become its program, and would hold the lock on.
        if !isShared.load(ordering: .relaxed) { descriptor.unlock() }
    }

    /// The descriptor that holds the lock, for a guardian: from now on the lock is also that process's.
    func share() -> Int32 {
        isShared.store(true, ordering: .relaxed)
        return descriptor.number
    }

    /// What is known of a lock without waiting for it.
    enum Finding: Equatable {
        case held, free
        /// None was ever taken here: the file system has no locks, or the lease is of a place without files.
        case absent
    }

    /// Takes the lock of a new lease; nil where there can be none.
    static func take(for lease: Lease, in places: [LeasePlace]) -> Liveness? {
        for path in places.compactMap({ path(of: lease, in: $0) }) {
            guard let folder = try? PrivateFolder.create(at: FilePath.directory(of: path)),
                let file = try? Descriptor.open(
                    folder.file(FilePath.name(of: path)),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
                )
            else { continue }
            if (try? file.lock()) == true { return Liveness(file) }
            unlink(path)
        }
        return nil
    }

    static func finding(of lease: Lease, in places: [LeasePlace]) -> Finding {
        var finding = Finding.absent
        for path in places.compactMap({ path(of: lease, in: $0) }) {
            guard let file = try? Descriptor.open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) else { continue }
            switch try? file.lock() {
            case false: return .held
            case true:
                finding = .free
                // A child that is being started has this open file until it has become its program.
                file.unlock()
            case nil: continue
            }
        }
        return finding
    }

    static func remove(of lease: Lease, in places: [LeasePlace]) {
        for path in places.compactMap({ path(of: lease, in: $0) }) { unlink(path) }
    }

    /// Removes the locks of processes that were killed before they had a record, if they are that old: Unix time, seconds.
    static func removeForgotten(in folder: PrivateFolder, among names: [String], before moment: Int64) {
        folder.remove(untouchedSince: moment, among: names) { name in
            guard name.hasPrefix("."), name.hasSuffix(ending), name.utf8.count > ending.utf8.count + Nonce.length + 2
            else { return false }
            let record = name.dropFirst().dropLast(ending.utf8.count + Nonce.length + 1)
            guard !names.contains(where: { $0 == record }) else { return false }
            let file = try? Descriptor.open(folder.file(name), O_RDWR | O_NOFOLLOW | O_NONBLOCK)
            return (try? file?.lock()) == true
        }
    }

    private static let ending = ".alive"

    private static func path(of lease: Lease, in place: LeasePlace) -> String? {
        guard let path = place.path(of: lease) else { return nil }
        return "\(FilePath.directory(of: path))/.\(FilePath.name(of: path)).\(lease.id.rawValue)\(ending)"
    }
}
