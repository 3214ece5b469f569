import FoundationEssentials
import TestBench
import Testing

/// What `docs/architecture.md` says of the source is so.
@Suite struct ArchitectureTests {
    private let page: String
    private let tree: String

    init() throws {
        page = try Repository.text("docs/architecture.md")
        tree = page.components(between: "```text\n", and: "```").first ?? ""
    }

    /// From the top down; those on one line do not know each other.
    private var levels: [[String]] {
        tree.split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
                .map { String($0.filter { $0 != "," }) }
        }
    }

    private func sources(of room: String) throws -> [String] {
        let folder = "\(Repository.root)/Sources/\(room)"
        return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.map {
            "Sources/\(room)/\($0)"
        }
    }

    @Test func `the rooms of the page are the folders of the source`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Sources")
        #expect(levels.joined().sorted() == folders.sorted())
    }

    @Test func `imports go only down`() throws {
        let rooms = Set(levels.joined())
        for (level, names) in levels.enumerated() {
            let below = Set(levels.dropFirst(level + 1).joined())
            for room in names {
                for file in try sources(of: room) {
                    for imported in imports(try Repository.text(file)) where rooms.contains(imported) {
                        #expect(below.contains(imported), "\(file) imports \(imported)")
                    }
                }
            }
        }
    }

    @Test func `a room is made of what Package.swift gives it`() throws {
        let package = try Repository.text("Package.swift")
        for room in levels.joined() where !room.hasPrefix("C") || room == "Credentials" || room == "CISystems" {
            #expect(package.contains("\"\(room)\""), "\(room)")
        }
    }

    /// A page that names what was renamed leads nobody anywhere.
    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/reliability.md",
        "docs/security-model.md", "docs/performance.md", "docs/reference.md", "docs/exec.md", "docs/releasing.md",
        "docs/github-actions.md", "docs/gitlab-ci.md", "docs/make.md", "docs/other-ci.md",
    ])
    func `what a page names in the repository is there`(path: String) throws {
        let text = try Repository.text(path)
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        for link in text.components(between: "](", and: ")") where !link.contains("://") && !link.hasPrefix("#") {
            let target = link.prefix { $0 != "#" }
            #expect(isThere(folder.isEmpty ? String(target) : "\(folder)/\(target)"), "\(path) links to \(link)")
        }
        for name in text.components(between: "`", and: "`") where isPath(name) {
            #expect(isThere(name), "\(path) names \(name)")
        }
    }

    private func isThere(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(Repository.root)/\(path)")
    }

    /// `Tests/JobBench/Leaks.swift`, and nothing with a placeholder in it.
    private func isPath(_ text: String) -> Bool {
        ["Sources/", "Tests/", "scripts/", "docs/", "examples/", "integrations/", "templates/"].contains {
            text.hasPrefix($0)
        } && !text.contains(" ") && !text.contains("*") && !text.contains("NAME") && !text.contains("ROOM")
    }

    private func imports(_ source: String) -> [String] {
        source.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let word = words.firstIndex(of: "import"), word <= 1, word + 1 < words.count else { return nil }
            return String(words[word + 1])
        }
    }
}

extension String {
    /// What stands between two marks, each time they come.
    fileprivate func components(between opening: String, and closing: String) -> [String] {
        components(separatedBy: opening).dropFirst().compactMap { part in
            part.firstRange(of: closing).map { String(part[..<$0.lowerBound]) }
        }
    }

    private func components(separatedBy mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
