import TestBench
import Testing

/// The commit that users of the action check out.
@Suite(.hangLimit, .ownThreads) struct ReleaseCommitTests {
    private let checkout: Checkout
    private let version: String

    init() throws {
        checkout = try Checkout()
        version = try checkout.run("scripts/version").output.filter { $0 != "\n" }
        for processor in ["x64", "arm64"] {
            let script = "#!/bin/sh\necho \"\(processor): $1 $2\"\n"
            try checkout.addExecutable(Array(script.utf8), for: processor)
        }
        #expect(try checkout.run("scripts/checksums").status == 0)
        _ = try git("init", "--quiet", "--initial-branch=main")
        _ = try git("add", "--all")
        _ = try git("commit", "--quiet", "--message=sources", "--date=2026-01-01T00:00:00Z")
    }

    private func git(_ arguments: String...) throws -> String {
        var words = ["-C", checkout.folder.path] + arguments
        if arguments[0] == "commit" { words += ["--no-gpg-sign"] }
        var program = Program("git", words)
        program.environment.merge([
            "HOME": checkout.folder.path, "GIT_AUTHOR_NAME": "tests", "GIT_AUTHOR_EMAIL": "tests@example.com",
            "GIT_COMMITTER_NAME": "tests", "GIT_COMMITTER_EMAIL": "tests@example.com", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        ]) { $1 }
        let outcome = try program.run()
        guard outcome.status == 0 else { throw BenchError("git \(arguments): \(outcome.error)") }
        return outcome.output
    }

    /// The release, unpacked.
    private func release() throws -> ScratchFolder {
        let outcome = try checkout.run("scripts/release-commit")
        #expect(outcome.status == 0, "\(outcome.error)")
        let folder = try ScratchFolder()
        let archive = folder.file("archive.tar")
        _ = try git("archive", "--output=\(archive)", "v\(version)")
        #expect(try Program("tar", ["-xf", archive, "-C", folder.path]).run().status == 0)
        #expect(try Program("rm", [archive]).run().status == 0)
        return folder
    }

    @Test func `it has what a job and a reader need, and neither sources, tests nor documentation`() throws {
        let folder = try release()
        #expect(
            folder.names.filter { !$0.hasPrefix(".") } == [
                "LICENSE", "README.md", "action.yml", "dist", "integrations", "revoke", "scripts", "setup", "sweep",
                "templates",
            ]
        )
        #expect(folder.names(in: "scripts").filter { !$0.hasPrefix(".") } == ["action"])
        for processor in ["x64", "arm64"] {
            #expect(folder.permissions("dist/pulumi-token-linux-\(processor)").map { $0 & 0o111 } == 0o111)
        }
    }

    @Test(arguments: ["", "setup/", "revoke/", "sweep/"])
    func `every stage of an action runs the executable that is in the commit`(path: String) throws {
        let folder = try release()
        let action = try #require(folder.text("\(path)action.yml"))
        let scripts = action.split(separator: "\n").filter { $0.hasPrefix("  main: ") || $0.hasPrefix("  post: ") }
        #expect(scripts.count == (path.isEmpty ? 2 : 1))
        for line in scripts {
            let script = line.drop { $0 != ":" }.dropFirst(2)
            let outcome = try Program("node", [folder.file("\(path)\(script)")]).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            let stage = try #require(script.split(separator: "/").last).prefix { $0 != "." }
            #expect(outcome.output.hasSuffix("64: action \(stage)\n"))
        }
    }

    @Test func `its component has the address of the release and the checksums of its executables`() throws {
        let component = try #require(try release().text("templates/pulumi-token.yml"))
        let sums = try #require(checkout.folder.text("dist/SHA256SUMS"))
        let address = "https://github.com/pulumi-token/pulumi-token/releases/download/v\(version)"
        #expect(component.contains("      default: \"\(address)\"\n"))
        for processor in ["x64", "arm64"] {
            let sum = sums.split(separator: "\n").first { $0.hasSuffix("  pulumi-token-linux-\(processor)") }
            let value = try #require(sum).prefix { $0 != " " }
            #expect(component.contains("    sha256-\(processor):\n"))
            #expect(component.contains("      default: \"\(value)\"\n      regex:"))
        }
        // Nothing else differs.
        let own = try Repository.text("templates/pulumi-token.yml").split(separator: "\n")
        let changed = component.split(separator: "\n").filter { !own.contains($0) }
        #expect(changed.count == 3 && changed.allSatisfy { $0.hasPrefix("      default: ") })
    }

    @Test func `its README links to the commit that was built, and shows the pictures there`() throws {
        let readme = try #require(try release().text("README.md"))
        let source = try git("rev-parse", "HEAD").filter { $0 != "\n" }
        let raw = "https://github.com/pulumi-token/pulumi-token/raw/\(source)"
        #expect(readme.contains("srcset=\"\(raw)/docs/images/exec-dark.svg\""))
        #expect(readme.contains("src=\"\(raw)/docs/images/exec-light.svg\"") && !readme.contains("=\"docs/"))
        #expect(readme.contains("](https://github.com/pulumi-token/pulumi-token/blob/\(source)/docs/reference.md)"))
        #expect(!readme.contains("](docs/") && !readme.contains("](examples"))
    }

    @Test func `it stands on the commit that was built, with both tags, and the checkout stays as it is`() throws {
        let source = try git("rev-parse", "HEAD")
        _ = try release()
        #expect(try git("rev-parse", "v\(version)~1") == source)
        let major = version.prefix { $0 != "." }
        #expect(try git("rev-parse", "v\(major)") == (try git("rev-parse", "v\(version)^{commit}")))
        #expect(try git("rev-parse", "HEAD") == source)
        #expect(try git("status", "--porcelain") == "")
        let again = try checkout.run("scripts/release-commit")
        #expect(again.status == 1 && again.error.contains("was released already"))
    }

    @Test func `the same commit and files give the same release`() throws {
        let first = try checkout.run("scripts/release-commit").output
        _ = try git("tag", "--delete", "v\(version)")
        #expect(try checkout.run("scripts/release-commit").output == first)
    }

    @Test func `an executable that is missing or another one than its checksum stops it`() throws {
        try checkout.addExecutable(Array("#!/bin/sh\n".utf8), for: "arm64")
        #expect(try checkout.run("scripts/release-commit").error.contains("dist/SHA256SUMS is wrong"))
        #expect(try Program("rm", [checkout.folder.file("dist/pulumi-token-linux-arm64")]).run().status == 0)
        #expect(try checkout.run("scripts/release-commit").error.contains("pulumi-token-linux-arm64 is missing"))
    }
}
