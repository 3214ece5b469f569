import TestProcesses
import Testing

/// The files of this repository.
enum Repository {
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    static func text(_ path: String) throws -> String {
        try #require(contents(of: "\(root)/\(path)"), "\(path) is missing")
    }
}
