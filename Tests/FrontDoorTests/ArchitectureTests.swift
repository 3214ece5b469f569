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

    @Test func `what Package.swift lets a room use is below it on the page`() throws {
        let dependencies = try Manifest.dependencies(in: try Repository.text("Package.swift"))
        let rooms = levels.joined()
        #expect(Set(rooms).isSubset(of: dependencies.keys), "a room of the page is not in Package.swift")
        for (level, names) in levels.enumerated() {
            let below = Set(levels.dropFirst(level + 1).joined())
            for room in names {
                for used in dependencies[room] ?? [] {
                    #expect(below.contains(used), "Package.swift lets \(room) use \(used), which is not below it")
                }
            }
        }
    }

    @Test func `every room of Package.swift is on the page`() throws {
        let manifest = try Repository.text("Package.swift")
        let elsewhere = Set(try Manifest.targets(in: manifest).filter { $0.path != nil || $0.isTest }.map(\.name))
        let rooms = Set(try Manifest.dependencies(in: manifest).keys).subtracting(elsewhere)
        #expect(rooms == Set(levels.joined()))
    }

    /// What would be wrong if it were there is found.
    @Test func `an edge that goes up, and a room that is missing, are seen`() throws {
        let text = try Repository.text("Package.swift")
        let upward = text.replacing(
            #"room("HostSystem", uses: ["Secrets""#,
            with: #"room("HostSystem", uses: ["Credentials", "Secrets""#
        )
        #expect(try Manifest.dependencies(in: upward)["HostSystem"]?.contains("Credentials") == true)
        let more = text.replacing(
            #"        room("JSON""#,
            with: #"        room("Cellar"),"# + "\n" + #"        room("JSON""#
        )
        #expect(try Manifest.dependencies(in: more)["Cellar"] == [])
    }

    /// A page that names what was renamed leads nobody anywhere.
    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/reliability.md",
        "docs/security-model.md", "docs/performance.md", "docs/reference.md", "docs/exec.md", "docs/helper.md",
        "docs/releasing.md",
        "docs/github-actions.md", "docs/gitlab-ci.md", "docs/make.md", "docs/other-ci.md",
        ".github/PULL_REQUEST_TEMPLATE.md",
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

/// The targets of `Package.swift`, as its own functions would make them: `swift package dump-package` cannot be asked
/// within a test, since the test holds the lock of the build's folder.
private enum Manifest {
    struct Target {
        var name: String
        var dependencies: [String]
        /// The folder, where it is not the usual one.
        var path: String?
        var isTest: Bool
    }

    static func dependencies(in text: String) throws -> [String: [String]] {
        Dictionary(uniqueKeysWithValues: try targets(in: text).map { ($0.name, $0.dependencies) })
    }

    /// Reads the calls in the list of targets; what it does not understand is an error.
    static func targets(in text: String) throws -> [Target] {
        let code = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
        let start = try #require(code.firstRange(of: "targets: [\n        ")?.upperBound)
        let end = try #require(code.firstRange(of: "\n    ]\n)")?.lowerBound)
        return try calls(in: code[start..<end]).map(target)
    }

    /// The calls of a list: each up to the parenthesis that closes it.
    private static func calls(in list: Substring) -> [String] {
        var (calls, current, depth) = ([String](), "", 0)
        for character in list where !(depth == 0 && (character == "," || character.isWhitespace)) {
            current.append(character)
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            if depth == 0, character == ")" {
                calls.append(current)
                current = ""
            }
        }
        return calls
    }

    private static func target(_ call: String) throws -> Target {
        let kind = call.prefix { $0 != "(" }
        let names = quotedWords(in: call)
        func argument(_ label: String) -> Substring? {
            call.firstRange(of: label + ": ").map { call[$0.upperBound...] }
        }
        func words(_ label: String) -> [String] {
            argument(label).map { quotedWords(in: $0.prefix { $0 != "]" }) } ?? []
        }
        let name = try #require(names.first)
        let path = argument("path").flatMap { quotedWords(in: $0).first }
        switch kind {
        case "room": return Target(name: name, dependencies: words("uses"), path: nil, isTest: false)
        case "tests": return Target(name: name + "Tests", dependencies: [name] + words("with"), path: nil, isTest: true)
        case ".target", ".executableTarget", ".systemLibrary", ".testTarget":
            return Target(name: name, dependencies: words("dependencies"), path: path, isTest: kind == ".testTarget")
        default: throw BenchError("Package.swift makes a target by \(kind), which this test does not know")
        }
    }

    private static func quotedWords(in text: some StringProtocol) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
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
