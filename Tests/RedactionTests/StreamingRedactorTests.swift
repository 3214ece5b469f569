import Secrets
import TestBench
import Testing

@testable import Redaction

@Suite struct StreamingRedactorTests {
    /// Chunks of text go in; what was shown after each comes out.
    private func steps(_ chunks: [String], hiding forms: [String], release: Bool = false) -> [String] {
        let redactor = StreamingRedactor(PatternTable(forms: forms.map { Secret($0) }))
        var steps: [String] = []
        var shown: [UInt8] = []
        for chunk in chunks {
            Array(chunk.utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
            if release { redactor.releaseHeld { shown += $0 } }
            steps.append(String(decoding: shown, as: UTF8.self))
            shown = []
        }
        redactor.finish { shown += $0 }
        return steps + [String(decoding: shown, as: UTF8.self)]
    }

    @Test func `a secret across chunk borders is replaced`() {
        #expect(steps(["token: sec", "r", "et!"], hiding: ["secret"]) == ["token: ", "", "***!", ""])
    }

    @Test func `what is no secret after all comes out with the byte that decides`() {
        #expect(steps(["sec", "ret", "or"], hiding: ["secrets"]) == ["", "", "secretor", ""])
    }

    @Test func `the end of the stream decides too`() {
        #expect(steps(["secre"], hiding: ["secret"]) == ["", "secre"])
    }

    @Test func `touching and overlapping matches are one`() {
        #expect(steps(["abcabc"], hiding: ["abc"]) == ["***", ""])
        #expect(steps(["ab", "ca", "bc", "-abc"], hiding: ["abc"]) == ["", "***", "", "-***"] + [""])
        #expect(steps(["xabcdefy"], hiding: ["abcd", "cdef"]) == ["x***y", ""])
        #expect(steps(["xabcdefy"], hiding: ["bc", "abcdef"]) == ["x***y", ""])
    }

    @Test func `a short secret inside of a long one that never ends is replaced`() {
        #expect(steps(["abcdex"], hiding: ["cd", "abcdef"]) == ["ab***ex", ""])
        #expect(steps(["abcde"], hiding: ["cd", "abcdef"]) == ["", "ab***e"])
    }

    @Test func `held bytes may be released while they are few`() {
        #expect(steps(["> sec", "ret", "s!"], hiding: ["secrets"], release: true) == ["> sec", "ret", "***!", ""])
    }

    @Test func `of a secret that comes byte by byte at most the first seven are shown`() {
        var generator = SeededGenerator(seed: 30)
        for length in 1...60 {
            // No byte twice, so that no part of the secret looks like its beginning.
            let secret = Array(
                (33...120).map { UInt8($0) }.filter { $0 != 0x2A }.shuffled(using: &generator).prefix(length)
            )
            let redactor = StreamingRedactor(PatternTable(forms: [Secret(secret)]))
            var shown: [UInt8] = []
            for byte in Array("\n ".utf8) + secret + Array(" \n".utf8) {
                [byte].withUnsafeBytes { redactor.redact($0) { shown += $0 } }
                redactor.releaseHeld { shown += $0 }
            }
            redactor.finish { shown += $0 }
            #expect(shown == Array("\n ".utf8) + secret.prefix(min(7, length - 1)) + Array("*** \n".utf8))
        }
    }

    @Test func `a secret that repeats itself shows no more byte by byte`() {
        #expect(
            steps(Array(repeating: "a", count: 12) + ["b"], hiding: ["aaaaaaaaab"], release: true)
                == Array(repeating: "a", count: 7) + ["", "", "", "", "", "***", ""]
        )
    }

    @Test func `the mask of a secret whose beginning was shown is not held back`() {
        #expect(steps(["abc", "de"], hiding: ["abcde"], release: true) == ["abc", "***", ""])
        #expect(steps(["ab", "c", "d"], hiding: ["ab", "bcd"]) == ["***", "", "", ""])
        let redactor = StreamingRedactor(PatternTable(forms: [Secret("ab"), Secret("bcd")]))
        Array("abcd".utf8).withUnsafeBytes { redactor.redact($0) { _ in } }
        #expect(redactor.heldCount == 0)
    }

    @Test func `a long tail is not released`() {
        let redactor = StreamingRedactor(PatternTable(forms: [Secret("0123456789")]))
        for (chunk, mayRelease) in [("012345", true), ("6", true), ("7", false), ("8", false)] {
            Array(chunk.utf8).withUnsafeBytes { redactor.redact($0) { _ in Issue.record("nothing may be shown") } }
            #expect(redactor.mayReleaseHeld == mayRelease)
        }
        redactor.releaseHeld { _ in Issue.record("nothing may be shown") }
        #expect(redactor.heldCount == 9)
        #expect(redactor.heldPosition == 0)
    }

    @Test func `nothing is held and nothing to be released when there is no secret`() {
        let redactor = StreamingRedactor(hiding: [])
        var shown: [UInt8] = []
        Array("text".utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
        #expect(shown == Array("text".utf8))
        #expect(redactor.heldCount == 0)
        #expect(!redactor.mayReleaseHeld)
        redactor.finish { _ in Issue.record("nothing may be shown") }
    }

    @Test func `the position of held bytes says which byte waits`() {
        let redactor = StreamingRedactor(PatternTable(forms: [Secret("secret")]))
        let positions = ["text", " se", "c", "ond", "s"].map { chunk in
            Array(chunk.utf8).withUnsafeBytes { redactor.redact($0) { _ in } }
            return redactor.heldPosition
        }
        #expect(positions == [4, 5, 5, 11, 11])
    }

    @Test func `long pieces pass without a copy`() {
        let redactor = StreamingRedactor(hiding: [Secret("a secret value")])
        let text = [UInt8](repeating: 0x2E, count: 100_000)
        text.withUnsafeBytes { chunk in
            var addresses: [UnsafeRawPointer?] = []
            redactor.redact(chunk) { addresses.append($0.baseAddress) }
            #expect(addresses == [chunk.baseAddress])
        }
    }

    @Test func `a long piece waits for the short ones before it`() {
        let text = Array("secret!".utf8) + [UInt8](repeating: 0x2E, count: 5000) + Array("secret".utf8)
        let table = PatternTable(forms: [Secret("secret")])
        let expected = Array("***!".utf8) + [UInt8](repeating: 0x2E, count: 5000) + Array("***".utf8)
        let isFiltered = filtered(text, by: table) == expected
        #expect(isFiltered)
    }

    @Test func `a secret does not go on from one stream to the next`() {
        let redactor = StreamingRedactor(PatternTable(forms: [Secret("secret")]))
        var shown: [UInt8] = []
        for part in ["sec", "ret", "-secret"] {
            Array(part.utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
            redactor.finish { shown += $0 }
        }
        #expect(shown == Array("secret-***".utf8))
    }

    @Test func `many small pieces go out together and in order`() {
        let unit = Array("key=0123456789;".utf8)
        let text = (0..<5000).flatMap { _ in unit }
        let redactor = StreamingRedactor(PatternTable(forms: [Secret("0123456789")]))
        var outputs = 0
        var shown: [UInt8] = []
        text.withUnsafeBytes {
            redactor.redact($0) {
                outputs += 1
                shown += $0
            }
        }
        let isFiltered = shown == (0..<5000).flatMap { _ in Array("key=***;".utf8) }
        #expect(isFiltered)
        #expect(outputs <= 4)
    }

    @Test func `an output that fails ends the stream with its error`() {
        struct Closed: Error {}
        let redactor = StreamingRedactor(hiding: [Secret("a secret value")])
        let error = Array("text".utf8).withUnsafeBytes { chunk in
            #expect(throws: Closed.self) {
                try redactor.redact(chunk) { _ throws(Closed) in throw Closed() }
            }
        }
        #expect(error != nil)
    }
}

@Suite struct TextRedactorTests {
    @Test func `messages are shown without secrets, in every form`() {
        let redactor = TextRedactor(hiding: [Secret("pul-0123456789"), Secret("other value")])
        #expect(redactor.redact(text: "a pul-0123456789 b") == "a *** b")
        #expect(redactor.redact(text: "https://x/?q=other%20value&r") == "https://x/?q=***&r")
        #expect(redactor.redact(text: "pul-012345678") == "pul-012345678")
        #expect(redactor.redact(text: "") == "")
        #expect(redactor.redact(text: "é pul-0123456789") == "é ***")
    }

    @Test func `what is no text without the secret is repaired`() {
        let redactor = TextRedactor(hiding: [Secret(Array("password".utf8) + [0xC3])])
        #expect(redactor.redact(text: "passwordé") == "***\u{FFFD}")
    }

    @Test func `a placeholder of a few characters hides no part of a word`() {
        let redactor = TextRedactor(hiding: ["x", "unset", "seven77"].map { Secret($0) })
        let text = "expired; PULUMI_ACCESS_TOKEN is unset; seven77"
        #expect(redactor.redact(text: text) == text)
        #expect(TextRedactor(hiding: [Secret("eight888")]).redact(text: "a eight888") == "a ***")
    }
}
