package import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that only its owner can read, there as a whole or not at all.
package struct PrivateFile: Sendable {
    package let path: String
    private let isExecutable: Bool

    package init(path: String, isExecutable: Bool = false) {
        self.path = path
        self.isExecutable = isExecutable
    }

    /// Finds what stands in the way, before there is anything to write.
    package func checkPlace() throws(ExportError) {
        var status = stat()
        guard !path.hasSuffix("/") else { throw .notAPlainFile(path: path) }
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw .notAPlainFile(path: path) }
    }

    /// Writes the file beside its place and moves it there.
    ///
    /// Only a plain file is replaced.
    package func write(
        _ content: Secret,
        randomness: Randomness,
        write: @escaping WriteCall = systemWrite
    ) throws(ExportError) {
        try checkPlace()
        let temporary = "\(path).\(randomness.uuid())"
        let descriptor = openNewFile(temporary, isExecutable ? 0o700 : 0o600)
        guard descriptor >= 0 else { throw .unwritable(path: path, code: errno) }
        let code = fill(descriptor, with: content, write: write)
        if close(descriptor) == 0, code == 0, rename(temporary, path) == 0 { return }
        let failure = code == 0 ? errno : code
        unlink(temporary)
        throw .unwritable(path: path, code: failure)
    }

    /// 0 or an errno value.
    private func fill(_ descriptor: Int32, with content: Secret, write: WriteCall) -> Int32 {
        content.reveal { writeAll($0, to: descriptor, by: write) }
    }
}

private func openNewFile(_ path: String, _ mode: mode_t) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
}

/// Makes a folder that only its owner can enter; its name must be new.
func makePrivateFolder(at path: String) throws(ExportError) {
    do throws(FileError) { _ = try PrivateFolder.createNew(at: path) } catch {
        throw .unwritable(path: path, code: error.code)
    }
}

/// Removes a file, if it is there.
func removeFile(at path: String) {
    unlink(path)
}

/// Removes a folder, if it is there and empty.
func removeFolder(at path: String) {
    rmdir(path)
}
