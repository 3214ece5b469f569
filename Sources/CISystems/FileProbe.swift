#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The two questions about the file system that recognising a CI system takes.
///
/// Injected, so that tests answer them.
package struct FileProbe: Sendable {
    /// Whether anything bears this name.
    package var exists: @Sendable (_ path: String) -> Bool
    /// Whether it is a file that this user may run.
    package var isExecutable: @Sendable (_ path: String) -> Bool

    package init(
        exists: @escaping @Sendable (_ path: String) -> Bool,
        isExecutable: @escaping @Sendable (_ path: String) -> Bool
    ) {
        self.exists = exists
        self.isExecutable = isExecutable
    }

    /// The machine's own files.
    package static let system = FileProbe(
        exists: { access($0, F_OK) == 0 },
        isExecutable: { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    )

    /// The program of this name, as a shell would find it; relative folders on the path are not looked into.
    package func program(_ name: String, onPath path: String?) -> String? {
        (path ?? "")
            .split(separator: ":")
            .filter { $0.hasPrefix("/") }
            .map { "\($0)/\(name)" }
            .first(where: isExecutable)
    }
}
