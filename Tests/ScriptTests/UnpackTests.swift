import TestBench
import Testing

/// What the publishing job takes over from the jobs that build.
@Suite(.hangLimit, .ownThreads) struct UnpackTests {
    private let checkout: Checkout
    private let built: ScratchFolder

    init() throws {
        checkout = try Checkout()
        built = try ScratchFolder()
        try built.makeFolder("dist")
        try built.makeFolder("dist/completions")
        try built.write("#!/bin/sh\n", to: "dist/pulumi-token-linux-x64", mode: 0o755)
        try built.write("complete\n", to: "dist/completions/pulumi-token.bash")
        try sum()
    }

    private func sum() throws {
        let script = "cd dist && find . -type f ! -name SHA256SUMS -printf '%P\\n' | xargs sha256sum > SHA256SUMS"
        #expect(try shell(script).status == 0)
    }

    private func shell(_ script: String) throws -> Outcome {
        var program = Program("sh", ["-c", script])
        program.folder = built.path
        return try program.run()
    }

    /// - Parameter names: of what goes into the archive.
    private func unpack(_ names: String = "dist") throws -> Outcome {
        #expect(try shell("tar -cPf archive.tar \(names)").status == 0)
        return try checkout.run("scripts/unpack", built.file("archive.tar"))
    }

    @Test func `what was built comes into dist, with its rights`() throws {
        #expect(try unpack().status == 0)
        #expect(checkout.folder.permissions("dist/pulumi-token-linux-x64").map { $0 & 0o111 } == 0o111)
        #expect(checkout.folder.text("dist/SHA256SUMS")?.contains("  completions/pulumi-token.bash\n") == true)
    }

    @Test(arguments: [".git/hooks/pre-push", "scripts/release-commit", "dist/.git", "dist/other", "../escaped"])
    func `a file that belongs to no release is refused, and nothing is taken over`(name: String) throws {
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        let work = try ScratchFolder()
        #expect(try shell("mkdir -p work/a/\(folder) && cp -r dist work/a && echo x > work/a/\(name)").status == 0)
        #expect(try shell("cd work/a && tar -cPf ../../archive.tar dist \(name)").status == 0)
        let before = checkout.folder.files
        let outcome = try checkout.run("scripts/unpack", built.file("archive.tar"), adding: ["TMPDIR": work.path])
        #expect(outcome.status == 1 && outcome.error.contains("which is no file of a release"), "\(outcome.log)")
        #expect(checkout.folder.files == before && work.names.isEmpty)
    }

    @Test func `a link in the place of a file is refused`() throws {
        #expect(try shell("cd dist && ln -s /etc/passwd pulumi-token.1").status == 0)
        #expect(try unpack().error.contains("holds more than files"))
    }

    @Test func `a file of another sum, or of none, is refused`() throws {
        try built.write("#!/bin/sh\nother\n", to: "dist/pulumi-token-linux-x64", mode: 0o755)
        #expect(try unpack().error.contains("has a wrong SHA256SUMS"))
        try sum()
        try built.write("late\n", to: "dist/pulumi-token.1")
        #expect(try unpack().error.contains("holds a file without a checksum"))
    }

    @Test func `tools of the audit are pinned by their hashes, and audit where nothing is released`() throws {
        let audit = try Repository.text("scripts/audit")
        #expect(audit.contains("--require-hashes"))
        let pins = try Repository.text("scripts/audit-requirements.txt").replacing(" \\\n", with: "")
        for line in pins.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.contains("==") && line.contains("--hash=sha256:"), "\(line)")
        }
        let workflow = try Repository.text(".github/workflows/release.yml")
        #expect(workflow.contains(".ci/run --without-audit\n") && workflow.contains("needs: [audit, build]"))
        #expect(workflow.contains("git config core.hooksPath /dev/null") && !workflow.contains("tar -xf"))
    }
}
