internal import CLibcurl
internal import HostSystem
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Plain files in the place of pipes and the like, which can be read once only, and from which nothing may ever come.
final class BundleCopies: Sendable {
    private static let limit = 16 << 20
    /// An unnamed file in a folder; the number is that of Linux.
    private static let unnamed = O_RDWR | O_DIRECTORY | 0o20000000
    private static let folders = ["/dev/shm", "/tmp", "/var/tmp"]

    private let reader: FileReader
    /// The numbers of the copies, by the path of what was read.
    private let copies = Mutex<[String: Int32]>([:])

    init(_ reader: FileReader) {
        self.reader = reader
    }

    deinit {
        copies.withLock { for number in $0.values { close(number) } }
    }

    /// The path itself for a plain file.
    func path(for path: String) throws(FileError) -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return path }
        if let number = copies.withLock({ $0[path] }) { return Self.path(of: number) }
        let number = try Self.copy(of: reader.contents(of: path, limit: Self.limit).bytes)
        copies.withLock { $0[path] = number }
        return Self.path(of: number)
    }

    private static func path(of number: Int32) -> String { "/proc/self/fd/\(number)" }

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
