import Glibc
import Testing

/// A folder for files that a test makes; gone with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/supervision-test.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let listing = opendir(path) else { return }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        closedir(listing)
        rmdir(path)
    }

    /// Its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o755) throws -> String {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        try #require(file >= 0)
        defer { close(file) }
        try #require(Glibc.write(file, bytes, bytes.count) == bytes.count)
        return "\(path)/\(name)"
    }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o755) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }
}
