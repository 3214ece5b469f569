#if canImport(Darwin)
package import Darwin
#else
package import Glibc
#endif

/// A folder that is gone, with all that is in it, when nobody needs it any more.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/pulumi-token-tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SandboxError("mkdtemp", code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        remove(path)
    }

    /// The path of something in it.
    package func path(of name: String) -> String { path + "/" + name }

    /// Makes a file; its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    /// Makes a file; its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws -> String {
        let path = path(of: name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SandboxError("open", code: errno) }
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SandboxError("write", code: errno) }
            rest = rest.dropFirst(count)
        }
        return path
    }

    /// Makes a folder in it; its path.
    @discardableResult
    package func makeFolder(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = path(of: name)
        guard mkdir(path, mode) == 0 else { throw SandboxError("mkdir", code: errno) }
        return path
    }

    /// The text of a file in it.
    package func contents(of name: String) throws -> String {
        try String(decoding: fileBytes(at: path(of: name)), as: UTF8.self)
    }
}

/// A system call that failed while a test was being set up.
package struct SandboxError: Error {
    package var operation: String
    package var code: Int32

    package init(_ operation: String, code: Int32) {
        (self.operation, self.code) = (operation, code)
    }
}

private func fileBytes(at path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SandboxError("open", code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
}

/// Removes a file, or a folder with all that is in it; follows no links.
private func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let entries = opendir(path) {
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
        closedir(entries)
    }
    rmdir(path)
}
