import JobBench
import TestBench
import Testing

/// What people copy out of the documentation, run.
@Suite(.hangLimit, .ownThreads(.first)) struct DocumentTests {
    private static let pages = ["github-actions", "gitlab-ci", "make", "other-ci"].map { "docs/\($0).md" }
    private static let names =
        ["README.md"] + ["exec", "helper", "install", "migration", "troubleshooting", "faq"].map { "docs/\($0).md" }
        + pages
    /// Run elsewhere: by the tests of the scripts and of the README, by scripts/proofs/systems, or by nobody yet.
    private static let shown: Set = [
        "steps of .ci/run", "a release", "a line of a Dockerfile", "commands around the image",
        "untested: there is no release",
    ]
    private static let blocks = (try? CodeBlock.all(in: names)) ?? []
    private static let runnable = blocks.filter { $0.label.hasPrefix("run") }

    @Test func `there is no example that no test runs`() throws {
        for name in Self.pages {
            let blocks = Self.blocks.filter { $0.file == name }
            #expect(blocks.count > 3, "\(name)")
            // Each begins with what to paste, after a paragraph at most.
            #expect(blocks.first.map { $0.line <= 8 } == true, "\(name)")
        }
        for block in Self.blocks {
            let isRun = block.label.hasPrefix("run: ") || block.label.hasPrefix("run, best effort: ")
            let isShown = block.language == "text" && block.label.hasPrefix("log: ")
            let isFile = ["examples/", "excerpt of "].contains { block.label.hasPrefix($0) }
            #expect(isRun || isShown || isFile || Self.shown.contains(block.label), "\(block) is not run")
        }
    }

    @Test(arguments: blocks.filter { $0.label.hasPrefix("excerpt of ") })
    func `an excerpt is a part of its file, at whatever depth`(block: CodeBlock) throws {
        let file = String(block.label.dropFirst("excerpt of ".count))
        let text = "\n" + (try Repository.text(file))
        let depths = stride(from: 0, through: 12, by: 2).map { String(repeating: " ", count: $0) }
        let isPart = depths.contains { depth in
            text.contains("\n" + block.text.split(separator: "\n").map { depth + $0 + "\n" }.joined())
        }
        #expect(isPart, "\(block) is not in \(file)")
    }

    @Test(arguments: blocks.filter { $0.label.hasPrefix("examples/") })
    func `an example that is a file is that file`(block: CodeBlock) throws {
        #expect(block.text == (try Repository.text(block.label)), "\(block)")
    }

    @Test func `no example sources what another user could have put there`() {
        #expect(Self.blocks.filter { $0.text.contains("/tmp") || $0.text.contains("TMPDIR") }.map(\.description) == [])
    }

    /// They would otherwise run themselves.
    @Test(arguments: blocks.filter { $0.label == "steps of .ci/run" })
    func `the scripts of the README are what every change has to pass`(block: CodeBlock) throws {
        let steps = try Repository.text(".ci/run").split(separator: "\n")
        for line in block.text.split(separator: "\n") {
            let script = line.prefix { $0 != " " }
            #expect(steps.contains("step \(script)"), "\(script)")
        }
    }

    /// From a folder in the place of the server.
    @Test(arguments: [true, false], blocks.filter { $0.label == "a release" })
    func `the documentation installs the executable of a release, and none of another checksum`(
        isGenuine: Bool,
        block: CodeBlock
    ) throws {
        let name = Executable.path.split(separator: "/").last.map(String.init) ?? ""
        let folder = try ScratchFolder()
        for child in ["release", "bin", "work"] { try folder.makeFolder(child) }
        try folder.link("release/\(name)", to: Executable.path)
        let sum = try Executable.checksum.get()
        let sums = [isGenuine ? sum : String(repeating: "0", count: 64), String(repeating: "1", count: 64)]
        try folder.write("\(sums[0])  \(name)\n\(sums[1])  completions/\(name)\n", to: "release/SHA256SUMS")
        let text = block.text.replacing("pulumi-token-linux-x64", with: name)
            .replacing(block.text.between("release=", "\n"), with: "file://" + folder.file("release"))
            .replacing("/usr/local/bin", with: folder.file("bin"))
        var shell = Program("sh", ["-c", text])
        shell.folder = folder.file("work")
        #expect((try shell.run().status == 0) == isGenuine)
        #expect(folder.names(in: "bin") == (isGenuine ? ["pulumi-token"] : []))
        if isGenuine {
            let installed = try Program(folder.file("bin/pulumi-token"), ["--version"]).run()
            #expect(installed.output.hasPrefix("pulumi-token "))
        }
    }

    @Test func `every file of examples is shown`() throws {
        for folder in ["github", "gitlab", "image", "make"] {
            for name in try Repository.names(in: "examples/\(folder)") {
                #expect(Self.blocks.contains { $0.label == "examples/\(folder)/\(name)" }, "\(name)")
            }
        }
    }

    @Test(arguments: runnable)
    func `an example has a token for its commands, ends it, and shows it nowhere`(block: CodeBlock) throws {
        let kind = block.label.split(separator: ": ").last.map(String.init) ?? ""
        try ExampleRun(kind: kind, text: block.text, isBestEffort: block.label.contains("best effort"))
            .check(block.description)
    }

    @Test(arguments: ExampleRun.Failure.allCases, runnable.filter { $0.text.contains("pulumi-token") })
    func `where a mint fails, no command of an example sees the parent credential`(
        failure: ExampleRun.Failure,
        block: CodeBlock
    ) throws {
        let kind = block.label.split(separator: ": ").last.map(String.init) ?? ""
        let example = ExampleRun(kind: kind, text: block.text)
        guard example.runsPulumi, example.canFail(by: failure) else { return }
        try example.checkFailure(failure, block.description)
    }

    @Test func `a block that nobody labelled would be noticed`() throws {
        let folder = try ScratchFolder()
        try folder.write("# A\n\n```yaml\na: b\n```\n\n<!-- run: gitlab -->\n```yaml\na: b\n```\n", to: "a.md")
        let blocks = try CodeBlock.all(in: ["../../../../../../" + folder.file("a.md")])
        #expect(blocks.map(\.label) == ["", "run: gitlab"])
    }
}
