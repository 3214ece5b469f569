import Glibc
import HostSystem
import TestBench
import Testing

@testable import pulumi_token

@Suite struct MessageTests {
    private static let all = MessageCatalogue.sections.flatMap(\.explanations)

    /// With PULUMI_TOKEN_TESTS_WRITE=1 the page is written instead.
    @Test func `docs/messages.md shows every error as the product says it`() throws {
        let page = "docs/messages.md"
        if getenv("PULUMI_TOKEN_TESTS_WRITE") != nil {
            try write(MessageCatalogue.markdown, to: "\(Repository.root)/\(page)")
        }
        let shown = try Repository.text(page)
        #expect(
            shown == MessageCatalogue.markdown,
            "write it anew: PULUMI_TOKEN_TESTS_WRITE=1 scripts/test --filter MessageTests"
        )
    }

    @Test(arguments: all)
    func `a message is one line, in lower case, without a full stop`(error: Explanation) {
        for text in [error.message, error.hint].compactMap(\.self) {
            #expect(!text.contains("\n") && !text.hasSuffix(".") && !text.hasSuffix("!"), "\(text)")
            // Names of variables, options and products keep their own case.
            let first = text.prefix { $0 != " " && $0 != ":" }
            #expect(isName(first) || first.first?.isUppercase != true, "\(text)")
        }
    }

    @Test(arguments: all)
    func `an error has an exit code that help explains`(error: Explanation) {
        let codes = [1, 64, 65, 66, 69, 73, 77, 125, 126, 127]
        #expect(codes.contains(Int(error.exitCode.rawValue)) || error.exitCode.rawValue > 128)
    }

    /// The few for which there is nothing that a person could do differently.
    private static let withoutHint = [
        "the connection to", "Pulumi Cloud refused the request", "./deploy cannot be executed: permission",
        "there is no command /opt", "would become larger", "ended by", "cannot make a pipe",
    ]

    @Test func `a person is told the way out, except where there is none`() {
        for error in Self.all where error.hint == nil {
            #expect(Self.withoutHint.contains { error.message.contains($0) }, "\(error.message)")
        }
    }

    private func isName(_ word: Substring) -> Bool {
        word.allSatisfy { !$0.isLowercase } || ["Pulumi", "GitHub", "GitHub's"].contains(word)
    }
}
