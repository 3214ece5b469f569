#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A folder of a test's own, gone with the value.
package final class Sandbox {
    package let path: String

    package init() {
        var template = Array("/tmp/pulumi-token-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit {
        _ = try? Program("rm", ["-rf", "--", path]).run()
    }

    /// The path of something in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a folder, 0700.
    @discardableResult
    package func makeFolder(_ name: String) -> String {
        mkdir(file(name), 0o700)
        return file(name)
    }

    /// Writes a file; its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: UInt32 = 0o600) -> String {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, mode)
        var bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, &bytes, bytes.count)
        fchmod(descriptor, mode)
        close(descriptor)
        return file(name)
    }

    /// The text of a file; nil when it is not there.
    package func text(of name: String) -> String? { contents(of: file(name)) }

    /// The permissions of something, such as `0o600`; nil when it is not there.
    package func mode(of name: String) -> UInt32? {
        var status = stat()
        return lstat(file(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// The paths of all plain files below it, sorted.
    package var files: [String] {
        let listing = try? Program("find", [path, "-type", "f"]).run().output
        return (listing ?? "").split(separator: "\n").map(String.init).sorted()
    }
}

/// The text of a file; nil when it is not there.
package func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { break }
        bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
