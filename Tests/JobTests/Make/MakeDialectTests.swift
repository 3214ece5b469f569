import JobBench
import TestBench
import Testing

/// What may stand in makefiles that have to work with GNU make 3.81, which macOS has.
@Suite(.ownThreads) struct MakeDialectTests {
    /// What came later, and would be ignored or misread without a word.
    private static let newer = [
        ".ONESHELL", ".SHELLSTATUS", "!=", "$(file", "undefine", "private", "::=", "$(let", "$(intcmp", "&:", ".WAIT",
        ".NOTINTERMEDIATE", "$(guile", ".EXTRA_PREREQS", ".RECIPEPREFIX", "load ",
    ]

    private func findings(_ text: String) -> [String] {
        let code = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        return Self.newer.filter { code.contains($0) }
    }

    @Test func `the include uses nothing newer than make 3_81`() throws {
        #expect(findings(try Repository.text("integrations/pulumi-token.mk")) == [])
        #expect(findings(try Repository.text("examples/make/Makefile")) == [])
        for block in try CodeBlock.all(in: ["docs/make.md"]) where block.language == "make" {
            #expect(findings(block.text) == [], "\(block)")
        }
        #expect(findings("x != date\n$(file > x)\n") == ["!=", "$(file"])
    }
}
