internal import Glibc

/// A folder for one test, which goes with it.
package final class ScratchFolder: Sendable {
    /// Where they are made: scripts/test names a folder that it removes, in memory if it can.
    private static let place = getenv("PULUMI_TOKEN_TESTS_PLACE").map { String(cString: $0) } ?? "/tmp"

    /// Absolute and physical, without a slash at its end.
    package let path: String

    package init() throws {
        var template = Array("\(Self.place)/tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchError("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.remove(path)
    }

    /// The path of something in it.
    package func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: UInt32 = 0o600) throws -> String {
        try TestBench.write(bytes, to: file(name), mode: mode)
        return file(name)
    }

    @discardableResult
    package func write(_ text: String, to name: String, mode: UInt32 = 0o600) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    @discardableResult
    package func makeFolder(_ name: String, mode: UInt32 = 0o700) throws -> String {
        guard mkdir(file(name), 0o700) == 0, chmod(file(name), mode) == 0 else {
            throw BenchError("mkdir")
        }
        return file(name)
    }

    @discardableResult
    package func link(_ name: String, to target: String) throws -> String {
        guard symlink(target, file(name)) == 0 else { throw BenchError("symlink") }
        return file(name)
    }

    @discardableResult
    package func makePipe(_ name: String) throws -> String {
        guard mkfifo(file(name), 0o600) == 0 else { throw BenchError("mkfifo") }
        return file(name)
    }

    /// Says that something was last written at this Unix time, seconds; of a link, itself.
    package func touch(_ name: String, at unixTime: Int64) {
        let times = [timespec](repeating: timespec(tv_sec: Int(unixTime), tv_nsec: 0), count: 2)
        utimensat(AT_FDCWD, file(name), times, AT_SYMLINK_NOFOLLOW)
    }

    /// The bytes of a file; nil when it is not there.
    package func contents(_ name: String) -> [UInt8]? {
        TestBench.contents(of: file(name))
    }

    /// The text of a file; nil when it is not there.
    package func text(_ name: String) -> String? {
        TestBench.text(of: file(name))
    }

    /// The kind and the permissions of something, not of what a link points to; nil when it is not there.
    package func mode(_ name: String) -> UInt32? {
        var status = stat()
        return lstat(file(name), &status) == 0 ? status.st_mode : nil
    }

    /// The permissions alone.
    package func permissions(_ name: String) -> UInt32? {
        mode(name).map { $0 & 0o7777 }
    }

    /// The paths of all plain files in it and below, sorted.
    package var files: [String] { Self.files(in: path).sorted() }

    package static func files(in folder: String) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return [] }
            switch status.st_mode & S_IFMT {
            case S_IFREG: return ["\(folder)/\(name)"]
            case S_IFDIR: return files(in: "\(folder)/\(name)")
            default: return []
            }
        }
    }

    /// What is in the folder, sorted.
    package var names: [String] { names(in: ".") }

    package func names(in folder: String) -> [String] {
        Self.names(in: file(folder)).sorted()
    }

    /// The lock of a directory of records is not among them: it stays, since one that is removed protects nothing.
    static func names(in folder: String) -> [String] { entries(in: folder).filter { $0 != ".lock" } }

    private static func entries(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        chmod(path, 0o700)
        for name in entries(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
