package import Secrets

#if canImport(Darwin)
package import Darwin
#else
package import Glibc
#endif

/// An open file that closes itself.
package struct Descriptor: ~Copyable {
    package let number: Int32
    private let path: String

    /// - Parameter path: for messages.
    package init(owning number: Int32, path: String) {
        self.number = number
        self.path = path
    }

    /// Never inherited by a child.
    package static func open(
        _ path: String,
        _ flags: Int32,
        mode: mode_t = 0o600
    ) throws(FileError) -> Descriptor {
        while true {
            let number = openFile(path, flags | O_CLOEXEC, mode)
            if number >= 0 { return Descriptor(owning: number, path: path) }
            guard errno == EINTR else { throw .last(.open, path) }
        }
    }

    deinit {
        close(number)
    }

    package func status() throws(FileError) -> stat {
        var result = stat()
        guard fstat(number, &result) == 0 else { throw .last(.stat, path) }
        return result
    }

    /// Whether others than the owner may read or write the file.
    package func isExposed() throws(FileError) -> Bool {
        try status().st_mode & 0o077 != 0
    }

    /// Takes a lock that ends with the last process that has this open file (`flock`), without waiting.
    ///
    /// - Returns: false when another process holds it.
    /// - Throws: also where the file system has no locks.
    package func lock() throws(FileError) -> Bool {
        while flock(number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw .last(.lock, path) }
        }
        return true
    }

    /// Gives the lock back at once, whoever else has this open file, and even if it cannot be closed.
    package func unlock() {
        _ = flock(number, LOCK_UN)
    }

    /// Writes everything, whatever the system takes at once.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let code = writeAll(bytes, to: number)
        guard code == 0 else { throw FileError(.write, path, code: code) }
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        let outcome: Result<Void, FileError> = bytes.withUnsafeBytes { bytes in
            Result { () throws(FileError) in try write(bytes) }
        }
        try outcome.get()
    }

    /// Reads to the end what is no secret; a longer file is `EFBIG`.
    package func contents(limit: Int) throws(FileError) -> [UInt8] {
        var result: [UInt8] = []
        try readPieces(limit: limit) { result += $0 }
        return result
    }

    /// The same of what may be a secret: no copy of it is left.
    package func secret(limit: Int) throws(FileError) -> Secret {
        var result = WipedBuffer()
        try readPieces(limit: limit) { result.append($0) }
        return result.secret
    }

    private func readPieces(limit: Int, _ take: (UnsafeRawBufferPointer) -> Void) throws(FileError) {
        // Most files are short, and the pages of a large piece cost more than to read them.
        var piece = WipedMemory<UInt8>(count: 1 << 12)
        var taken = 0
        while true {
            if taken > piece.count, piece.count < 1 << 16 { piece = WipedMemory(count: 1 << 16) }
            let count = read(number, piece.start, piece.count)
            if count == 0 { return }
            if count < 0 {
                guard errno == EINTR else { throw .last(.read, path) }
                continue
            }
            take(UnsafeRawBufferPointer(start: piece.start, count: count))
            taken += count
            guard taken <= limit else { throw FileError(.read, path, code: EFBIG) }
        }
    }

    /// Returns after the bytes are on the disk.
    package func synchronize() throws(FileError) {
        // A pipe or a special file has nothing to bring to a disk.
        guard fsync(number) != 0, errno != EINVAL, errno != EROFS else { return }
        throw .last(.synchronize, path)
    }
}

// Inside the type, `open` is its own method.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    open(path, flags, mode)
}
