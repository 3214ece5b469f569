package import HostSystem
internal import JSON
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The backend that the nearest Pulumi project names, and the project's file.
package struct ProjectBackend: Equatable, Sendable {
    package var url: String
    package var path: String

    /// In the CLI's order within one folder.
    private static let names = ["Pulumi.json", "Pulumi.yaml", "Pulumi.yml"]
    private static let limit = 1 << 20

    package init(url: String, path: String) {
        self.url = url
        self.path = path
    }

    /// Looks in a folder, and then in each above it, as the CLI does.
    ///
    /// - Parameter folder: an absolute path.
    /// - Returns: nil when there is no project, or when it names no backend.
    package static func nearest(
        to folder: String,
        by reader: FileReader
    ) throws(Explanation) -> ProjectBackend? {
        var folder = folder
        while folder.hasPrefix("/") {
            for name in names {
                let path = folder == "/" ? "/" + name : "\(folder)/\(name)"
                if let bytes = try contents(of: path, reader) {
                    return try url(in: bytes, of: path).map { ProjectBackend(url: $0, path: path) }
                }
            }
            guard folder != "/" else { return nil }
            folder = FilePath.directory(of: folder)
        }
        return nil
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }

    /// nil when there is no such file.
    private static func contents(of path: String, _ reader: FileReader) throws(Explanation) -> [UInt8]? {
        guard Self.isFile(path) else { return nil }
        do throws(FileError) {
            return try reader.contents(of: path, limit: limit).bytes
        } catch {
            throw unreadable(path, error)
        }
    }

    static func unreadable(_ path: String, _ error: FileError) -> Explanation {
        Explanation(
            .unreadableFile,
            "cannot read \(path): \(error.reason)",
            hint: "check its permissions, or set PULUMI_BACKEND_URL"
        )
    }

    private static func url(in bytes: [UInt8], of path: String) throws(Explanation) -> String? {
        if path.hasSuffix(".json") {
            guard let document = JSONDocument(Secret(bytes))?.root else {
                throw malformed(path, ProjectYAML.Problem.notAMapping.rawValue)
            }
            return document["backend"]?["url"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        do throws(ProjectYAML.Problem) {
            return try ProjectYAML.backendURL(in: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw malformed(path, error.rawValue)
        }
    }

    static func malformed(_ path: String, _ reason: String) -> Explanation {
        Explanation(
            .malformedFile,
            "cannot read backend.url of \(path): \(reason)",
            hint: "write backend: and below it url: with the address, or set PULUMI_BACKEND_URL"
        )
    }
}
