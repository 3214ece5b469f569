#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file as it was at a moment, so that it can be told later from another one in its place, or from a changed one.
package struct FileMark: Hashable, Sendable {
    package let path: String
    package let inode: Int64
    /// In bytes.
    package let size: Int64
    /// When it was written last: nanoseconds of Unix time.
    package let modified: Int64

    package init(path: String, inode: Int64, size: Int64, modified: Int64) {
        self.path = path
        self.inode = inode
        self.size = size
        self.modified = modified
    }

    /// - Returns: nil when there is no regular file.
    package init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        let modified = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        guard !modified.overflow, let inode = Int64(exactly: status.st_ino) else { return nil }
        self.init(
            path: path,
            inode: inode,
            size: Int64(status.st_size),
            modified: modified.partialValue &+ Int64(time.tv_nsec)
        )
    }

    /// Removes the file, unless it is another one by now or was changed.
    package func removeIfUnchanged() {
        if FileMark(of: path) == self { unlink(path) }
    }
}
