internal import Glibc

/// The bytes of a file; nil when it cannot be read.
package func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return readAll(from: descriptor)
}

/// The text of a file; nil when it cannot be read.
package func text(of path: String) -> String? {
    contents(of: path).map { String(decoding: $0, as: UTF8.self) }
}

/// So many bytes, other ones in each run, by one call: a generator of the language takes seconds for a few millions.
package func randomBytes(_ count: Int) throws -> [UInt8] {
    let source = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
    defer { close(source) }
    var bytes = [UInt8](repeating: 0, count: count)
    guard read(source, &bytes, count) == count else { throw BenchError("/dev/urandom", code: errno) }
    return bytes
}

/// Reads a descriptor to its end.
package func readAll(from descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 { return nil }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Writes a file, new or in place of its contents.
package func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw BenchError("open \(path)") }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw BenchError("write \(path)") }
        rest = rest.dropFirst(count)
    }
    guard fchmod(descriptor, mode) == 0 else { throw BenchError("chmod \(path)") }
}

package func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
}
