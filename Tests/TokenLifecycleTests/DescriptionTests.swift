import HostSystem
import StubTransport
import TestMachine
import Testing

@testable import TokenLifecycle

/// The tag by which a token is found again.
@Suite struct DescriptionTests {
    private let nonce = Nonce(from: .counting())
    private let run = RunTag(hashing: "run")

    @Test func `the tag stands at the very end and is read back`() throws {
        let whole = Description(text: "github acme/app", nonce: nonce, run: run).whole
        #expect(whole == "github acme/app [pulumi-token:\(nonce.rawValue):\(run.rawValue)]")
        let parsed = try #require(Description(parsing: whole))
        #expect(parsed.text == "github acme/app" && parsed.nonce == nonce && parsed.run == run)
    }

    @Test(arguments: [
        "", "plain", "[pulumi-token:]", " [pulumi-token:AAAA:0123456789abcdef]", "x [pulumi-token:%:%] y",
        "x [pulumi-token:%:%]\n", "x [pulumi-token:%:%%]", "x [Pulumi-Token:%:%]",
    ])
    func `anything else is nobody's token`(template: String) {
        // The first mark is the nonce, the second the run.
        var text = template
        if let first = text.firstIndex(of: "%") { text.replaceSubrange(first...first, with: nonce.rawValue) }
        if let second = text.firstIndex(of: "%") { text.replaceSubrange(second...second, with: run.rawValue) }
        #expect(Description(parsing: text) == nil)
    }

    @Test func `a quoted tag in the middle does not count, the one at the end does`() throws {
        let other = Nonce(from: .fixed(0.9))
        let quoted = Description(text: "copy of", nonce: other, run: run).whole
        let whole = Description(text: quoted, nonce: nonce, run: run).whole
        #expect(Description(parsing: whole)?.nonce == nonce)
        #expect(Description(parsing: quoted + " (copy)") == nil)
    }

    @Test(arguments: [0, 1, 100, 142, 143, 144, 145, 500])
    func `the whole has at most 200 bytes, cut at a character, and the tag never is`(length: Int) throws {
        for letter in ["a", "é", "😀"] {
            let text = String(repeating: letter, count: length)
            let whole = Description(text: text, nonce: nonce, run: run).whole
            #expect(whole.utf8.count <= 200)
            let parsed = try #require(Description(parsing: whole))
            #expect(parsed.nonce == nonce && text.hasPrefix(parsed.text))
        }
    }

    @Test func `control characters become blanks`() {
        let whole = Description(text: "a\u{0}b\nc\u{1B}d\u{7F}e\u{85}f", nonce: nonce, run: run).whole
        #expect(whole.hasPrefix("a b c d e f [pulumi-token:"))
    }

    @Test func `a nonce has 128 bits as base64url`() {
        let nonces = (0..<200).map { _ in Nonce(from: .system).rawValue }
        #expect(Set(nonces).count == 200)
        for text in nonces { #expect(text.utf8.count == 22 && Nonce(rawValue: text) != nil) }
        for text in ["", String(repeating: "A", count: 21), String(repeating: "+", count: 22)] {
            #expect(Nonce(rawValue: text) == nil)
        }
    }

    @Test func `different runs have different tags`() {
        #expect(RunTag(hashing: "a") != RunTag(hashing: "b"))
        #expect(RunTag(hashing: "a") == RunTag(hashing: "a"))
        #expect(RunTag(rawValue: "0123456789abcdef") != nil)
        for text in ["0123456789abcde", "0123456789ABCDEF", "0123456789abcdeg"] {
            #expect(RunTag(rawValue: text) == nil)
        }
    }
}
