#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A folder for the path on which programs are found, with this executable in it.
package enum ProgramFolder {
    private static let prefix = "pulumi-token-bin-"
    private static let program = "pulumi-token"

    /// Makes a folder that nobody else can have prepared.
    ///
    /// Everybody may look into it, because a job can run commands as other users; only this user can change it.
    ///
    /// - Returns: its absolute path.
    package static func create(in parent: String, _ random: Randomness) throws(FileError) -> String {
        let name = random.bytes(8).map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
        let folder = try PrivateFolder.createNew(at: "\(parent)/\(prefix)\(name)")
        let link = folder.file(program)
        guard symlink(try ownExecutable(), link) == 0 else { throw .last(.make, link) }
        guard chmod(folder.path, 0o755) == 0 else { throw .last(.make, folder.path) }
        return folder.path
    }

    /// The path by which others can run what this process runs.
    ///
    /// - Throws: when there is none: the file was removed or replaced, or may not be run.
    package static func reachableExecutable() throws(FileError) -> String {
        let path = try ownExecutable()
        var (named, own) = (stat(), stat())
        guard stat(path, &named) == 0, stat("/proc/self/exe", &own) == 0 else { throw .last(.start, path) }
        guard named.st_dev == own.st_dev, named.st_ino == own.st_ino else {
            throw FileError(.start, path, code: ENOENT)
        }
        guard access(path, X_OK) == 0 else { throw .last(.start, path) }
        return path
    }

    /// The file that this process runs.
    private static func ownExecutable() throws(FileError) -> String {
        let place = "/proc/self/exe"
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(place, &bytes, bytes.count)
        guard count > 0 else { throw .last(.read, place) }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
