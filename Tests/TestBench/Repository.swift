/// The files of this repository.
package enum Repository {
    package static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    package static func text(_ path: String) throws -> String {
        guard let text = TestBench.text(of: "\(root)/\(path)") else { throw BenchError("\(path) is missing") }
        return text
    }
}
