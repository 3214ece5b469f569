internal import CLibcurl
package import HostSystem
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Plain files in the place of pipes and the like, which can be read once only, and from which nothing may ever come.
package final class BundleCopies: Sendable {
    private static let limit = 16 << 20
    /// An unnamed file in a folder; the number is that of Linux.
    private static let unnamed = O_RDWR | O_DIRECTORY | 0o20000000
    private static let folders = ["/dev/shm", "/tmp", "/var/tmp"]

    /// The numbers of the copies, or why there is none, by the path of what was read.
    private let copies = Mutex<[String: Result<Int32, FileError>]>([:])

    package init() {}

    deinit {
        copies.withLock { copies in
            for case .success(let number) in copies.values { close(number) }
        }
    }

    /// The path of a copy; that of a plain file, and of a folder, is its own.
    package func path(for path: String, by reader: FileReader) throws(FileError) -> String {
        var status = stat()
        guard stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return path }
        let copy = copies.withLock { copies in
            if let copy = copies[path] { return copy }
            let copy = Result { () throws(FileError) in
                try Self.copy(of: reader.contents(of: path, limit: Self.limit).bytes)
            }
            copies[path] = copy
            return copy
        }
        return "/proc/self/fd/\(try copy.get())"
    }

    private static func copy(of bytes: [UInt8]) throws(FileError) -> Int32 {
        var failure = FileError(.make, "a temporary file", code: ENOENT)
        for folder in folders {
            do throws(FileError) {
                let file = try Descriptor.open(folder, unnamed)
                try file.write(bytes)
                let number = fcntl(file.number, F_DUPFD_CLOEXEC, 0)
                guard number >= 0 else { throw FileError.last(.open, folder) }
                return number
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
