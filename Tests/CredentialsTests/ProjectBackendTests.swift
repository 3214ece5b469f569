import HostSystem
import TestBench
import Testing

@testable import Credentials

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The backend that a project names.
@Suite struct ProjectBackendTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func url(_ text: String) throws -> String? {
        let path = try folder.write(text, to: "Pulumi.yaml")
        let found = try ProjectBackend.nearest(to: folder.path, by: .patient)
        #expect(found == nil || found?.path == path)
        return found?.url
    }

    @Test(
        arguments: [
            ("name: x\nruntime: nodejs\nbackend:\n  url: https://a.example\n", "https://a.example"),
            ("backend:\r\n  url: https://a.example\r\nname: x\r\n", "https://a.example"),
            ("\u{feff}backend:\n    url:   'https://a.example'   # ours\n", "https://a.example"),
            ("backend: # where\n  # not here\n\n  url: \"s3://bucket?region=eu#x\"\n", "s3://bucket?region=eu#x"),
            (
                "backend:\n  other: 1\n  url: https://a.example # ours\n  more:\n    url: https://b.example\n",
                "https://a.example"
            ),
            ("backend: {url: https://a.example}\n", "https://a.example"),
            ("\"backend\": { 'url': \"https://a.example\" , other: x }\n", "https://a.example"),
            ("---\nbackend:\n  url: file://~\n---\nbackend:\n  url: https://b.example\n", "file://~"),
            ("%YAML 1.2\n---\nbackend :\n  url : https://a.example\n", "https://a.example"),
            ("config:\n  backend:\n    url: https://b.example\nname: x\n", nil),
            ("description: |\n  backend:\n    url: https://b.example\n", nil),
            ("plugins:\n- name: x\n  url: https://b.example\n", nil),
            ("name: x\n", nil), ("", nil), ("# backend:\n#   url: x\n", nil),
            ("backend:\nname: x\n", nil), ("backend: null\n", nil), ("backend: ~\n", nil), ("backend: {}\n", nil),
            ("backend:\n  url:\n", nil), ("backend:\n  url: \"\"\n", nil), ("backend:\n  url: null\n", nil),
            ("description: a # b: c\nbackend:\n  url: http://localhost:8080/x\n", "http://localhost:8080/x"),
        ] as [(String, String?)]
    )
    func `the usual ways to write it are understood`(text: String, expected: String?) throws {
        #expect(try url(text) == expected)
    }

    @Test(.hangLimit) func `a file of nothing but empty documents is read in the time that its length takes`() throws {
        #expect(try url(String(repeating: "#\n---\n", count: 170_000) + "name: x\n") == nil)
    }

    /// What could mean something else to the CLI must not be guessed.
    @Test(arguments: [
        "backend: *other\n", "backend: &b\n  url: x\n", "backend: https://a.example\n", "backend: [url]\n",
        "backend:\n  - url: x\n", "backend:\n  url: *x\n", "backend:\n  url: |\n    https://a\n",
        "backend:\n  url: >-\n    x\n",
        "backend:\n  url:\n    https://a.example\n", "backend:\n  url: https://a\n    .example\n",
        "backend:\n  url: !!str x\n",
        "backend:\n  url: \"https://a\\u002eexample\"\n", "backend:\n  url: 'a''b'\n", "backend:\n  url: 'a\n",
        "backend:\n  url: a\n  url: b\n", "backend:\n  url: a\nbackend:\n  url: b\n", "backend: {url: a,\n  x: b}\n",
        "backend: {url: {a: b}}\n", "<<: *base\n", "backend:\n  <<: *base\n", "? backend\n: {url: x}\n",
        "{backend: {url: x}}\n",
        "--- {backend: {url: x}}\n", "backend:\n\turl: https://a.example\n", "backend\n",
    ])
    func `other ways are refused, and not guessed`(text: String) throws {
        let error = #expect(throws: Explanation.self) { try url(text) }
        #expect(error?.exitCode == .malformedFile)
        #expect(error?.message.hasPrefix("cannot read backend.url of \(folder.file("Pulumi.yaml")): ") == true)
        #expect(error?.hint == "write backend: and below it url: with the address, or set PULUMI_BACKEND_URL")
    }

    @Test func `the nearest project counts, also when it names no backend`() throws {
        try folder.makeFolder("a")
        try folder.makeFolder("a/b")
        try folder.write("backend:\n  url: https://top.example\n", to: "Pulumi.yaml")
        #expect(try ProjectBackend.nearest(to: folder.file("a/b"), by: .patient)?.url == "https://top.example")
        #expect(try ProjectBackend.nearest(to: folder.file("a/b/gone"), by: .patient)?.url == "https://top.example")
        try folder.write("name: x\n", to: "a/Pulumi.yml")
        #expect(try ProjectBackend.nearest(to: folder.file("a/b"), by: .patient) == nil)
        try folder.makeFolder("a/b/Pulumi.yaml")
        #expect(try ProjectBackend.nearest(to: folder.file("a/b"), by: .patient) == nil, "a folder is no project")
        #expect(try ProjectBackend.nearest(to: folder.path, by: .patient)?.path == folder.file("Pulumi.yaml"))
    }

    @Test func `a project may be JSON, which comes first`() throws {
        try folder.write("backend:\n  url: https://yaml.example\n", to: "Pulumi.yaml")
        try folder.write(#"{"backend":{"url":"https://json.example"}}"#, to: "Pulumi.json")
        #expect(try ProjectBackend.nearest(to: folder.path, by: .patient)?.url == "https://json.example")
        try folder.write("{", to: "Pulumi.json")
        #expect(throws: Explanation.self) { try ProjectBackend.nearest(to: folder.path, by: .patient) }
    }

    @Test func `a project that cannot be read in time is an error`() throws {
        let path = folder.file("Pulumi.yaml")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: Explanation.self) {
            try ProjectBackend.nearest(to: folder.path, by: Impatient.late.reader)
        }
        #expect(error?.exitCode == .unreadableFile)
        #expect(error?.message == "cannot read \(path): it did not end in time")
    }
}
