internal import CloudEmulator

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Reads a whole file.
func fileContents(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw EmulatorError.invalid("cannot read \(path): errno \(errno)") }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return contents }
        contents += chunk[..<count]
    }
}

/// Writes a file in one piece: it appears under its name when it is complete, so that a script may wait for it.
func writeFile(_ text: String, to path: String, mode: mode_t = 0o644) throws {
    let draft = path + ".draft"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw EmulatorError.invalid("cannot write \(path): errno \(errno)") }
    write(text, to: descriptor)
    close(descriptor)
    guard rename(draft, path) == 0 else { throw EmulatorError.invalid("cannot write \(path): errno \(errno)") }
}

/// Writes to a descriptor, as far as it goes.
func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
