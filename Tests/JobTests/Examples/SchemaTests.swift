import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

private let checker = getenv("PULUMI_TOKEN_TESTS_SCHEMAS").map { String(cString: $0) }

/// Examples against the schemas that the makers of the systems publish, where `check-jsonschema`, which brings them along,
/// is named in `PULUMI_TOKEN_TESTS_SCHEMAS`.
@Suite(.hangLimit, .ownThreads, .enabled(if: checker != nil)) struct SchemaTests {
    private static let schemas = [
        "azure": "azure-pipelines", "bitbucket": "bitbucket-pipelines", "buildkite": "buildkite",
        "circleci": "circle-ci", "github": "github-workflows", "gitlab": "gitlab-ci", "travis": "travis",
        "woodpecker": "woodpecker-ci",
    ]

    private func check(_ files: [String], _ schema: String) throws -> Outcome {
        let transforms = ["gitlab-ci", "azure-pipelines"].contains(schema) ? ["--data-transform", schema] : []
        let words = ["--builtin-schema", "vendor." + schema] + transforms + files
        return try Program(try #require(checker), words).run()
    }

    @Test(arguments: schemas.keys.sorted())
    func `the examples of a system are what its schema allows`(system: String) throws {
        let folder = try ScratchFolder()
        let documents = ["github-actions", "gitlab-ci", "other-ci"].map { "docs/\($0).md" }
        let blocks = try CodeBlock.all(in: documents).filter { block in
            // Bitbucket's schema knows no audience of an identity token, which its maker documents.
            block.language == "yaml" && !block.label.hasSuffix(" audience")
                && (block.label.hasPrefix("run: \(system)") || block.label.hasPrefix("examples/\(system)/"))
        }
        #expect(!blocks.isEmpty)
        for (number, block) in blocks.enumerated() { try folder.write(block.text, to: "\(number).yml") }
        let outcome = try check(folder.files, try #require(Self.schemas[system]))
        #expect(outcome.status == 0, "\(outcome.log)")
    }

    @Test func `the action and the component are too`() throws {
        #expect(try check(["\(Repository.root)/action.yml"], "github-actions").status == 0)
        let folder = try ScratchFolder()
        let jobs = try Repository.text("templates/pulumi-token.yml").split(separator: "\n---\n").last.map(String.init)
        let path = try folder.write(try #require(jobs), to: "jobs.yml")
        let outcome = try check([path], "gitlab-ci")
        #expect(outcome.status == 0, "\(outcome.log)")
    }

    @Test func `what no system allows is noticed`() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("deploy:\n  skript: [a]\n  script: 7\n", to: "wrong.yml")
        #expect(try check([path], "gitlab-ci").status != 0)
    }
}
