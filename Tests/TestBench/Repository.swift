/// The files of this repository.
package enum Repository {
    package static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// What is in a folder, sorted.
    package static func names(in folder: String) throws -> [String] {
        let names = ScratchFolder.names(in: "\(root)/\(folder)").sorted()
        guard !names.isEmpty else { throw BenchError("\(folder) is missing or empty") }
        return names
    }

    package static func text(_ path: String) throws -> String {
        guard let text = TestBench.text(of: "\(root)/\(path)") else { throw BenchError("\(path) is missing") }
        return text
    }
}
