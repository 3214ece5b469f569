internal import HostSystem
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that others append to as well.
///
/// What is appended is there as a whole or not at all.
struct AppendedFile {
    /// The variable that names the file.
    let variable: String
    let path: String
    /// Whether the file is made, readable for its owner only, when it is missing.
    var isCreated = false
    /// Whether it must be this user's, and nobody else may read or write it.
    var isPrivate = false
    /// The longest line that whoever reads the file takes, in bytes.
    var longestLine = Int.max
    var write = systemWrite

    /// Appends in one write; after a failure the file is as long as it was.
    ///
    /// - Parameter limit: the number of bytes that the whole file may have.
    func append(_ content: Secret, limit: Int = .max) throws(ExportError) {
        let descriptor = try open()
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        let status = try plainFileStatus(of: descriptor)
        let text = endsMidLine(descriptor, length: status.st_size) ? secretTextAfterNewline(content) : content
        // Not by their sum: a sparse file may have as many bytes as a number can count.
        guard text.count <= limit - Int(status.st_size) else { throw .tooLarge(path: path, limit: limit) }
        if let code = write(text, to: descriptor) {
            takeBack(descriptor, to: status.st_size, written: code.written)
            throw .unwritable(path: path, code: code.errno)
        }
        isOpen = false
        guard close(descriptor) == 0 || errno == EINTR else { throw .unwritable(path: path, code: errno) }
    }

    /// Finds what would make `append` fail, without a change.
    func check() throws(ExportError) {
        let descriptor = try open()
        defer { close(descriptor) }
        _ = try plainFileStatus(of: descriptor)
    }

    /// The same of a file that `append` would make when it is missing.
    func checkIfThere() throws(ExportError) {
        var existing = self
        existing.isCreated = false
        do throws(ExportError) { try existing.check() } catch {
            guard case .missingFile = error else { throw error }
        }
    }

    private func open() throws(ExportError) -> Int32 {
        // A pipe without a reader would block for ever.
        let common = O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (isCreated ? O_CREAT : 0)
        for access in [O_RDWR, O_WRONLY] {
            let descriptor = openFile(path, access | common)
            if descriptor >= 0 { return descriptor }
            guard errno == EACCES else { break }
        }
        switch errno {
        case ENOENT where !isCreated: throw .missingFile(variable: variable, path: path)
        case EISDIR, ELOOP, ENXIO: throw .notAPlainFile(path: path)
        case let code: throw .unwritable(path: path, code: code)
        }
    }

    private func plainFileStatus(of descriptor: Int32) throws(ExportError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unwritable(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAPlainFile(path: path) }
        if isPrivate, status.st_uid != geteuid() || status.st_mode & 0o077 != 0 { throw .exposed(path: path) }
        if longestLine < status.st_size, hasLongLine(descriptor) { throw .longLine(path: path) }
        return status
    }

    /// What others have written may keep the reader from coming to what we write.
    private func hasLongLine(_ descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var (offset, length): (off_t, Int) = (0, 0)
        while true {
            let count = pread(descriptor, &chunk, chunk.count, offset)
            guard count > 0 else { return false }
            for byte in chunk.prefix(count) {
                length = byte == .lineFeed ? 0 : length + 1
                // At once: a sparse file may have a line that nobody ever comes to the end of.
                if length > longestLine { return true }
            }
            offset += off_t(count)
        }
    }

    /// Whether somebody left the last line open: what follows would become a part of it.
    private func endsMidLine(_ descriptor: Int32, length: off_t) -> Bool {
        var last: UInt8 = 0
        return length > 0 && pread(descriptor, &last, 1, length - 1) == 1 && last != .lineFeed
    }

    private func secretTextAfterNewline(_ content: Secret) -> Secret {
        Secret { sink in
            sink.append(.lineFeed)
            sink.append(content)
        }
    }

    private func write(_ text: Secret, to descriptor: Int32) -> (errno: Int32, written: Int)? {
        text.reveal { bytes in
            var written: Int
            repeat { written = write(descriptor, bytes) } while written < 0 && errno == EINTR
            // A short write is a disk that is full: the rest would say why.
            guard written == bytes.count else { return (written < 0 ? errno : ENOSPC, max(0, written)) }
            return nil
        }
    }

    /// Only when nobody else has appended in the meantime.
    private func takeBack(_ descriptor: Int32, to length: off_t, written: Int) {
        var status = stat()
        guard written > 0, fstat(descriptor, &status) == 0, status.st_size == length + off_t(written) else { return }
        _ = ftruncate(descriptor, length)
    }
}

private func openFile(_ path: String, _ flags: Int32) -> Int32 {
    open(path, flags, 0o600)
}
