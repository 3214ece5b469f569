import Secrets
import TestBench
import Testing

@testable import Redaction

/// Escape sequences of a terminal between the characters of a form.
@Suite struct ColoredFormTests {
    private let token: String
    private let table: PatternTable

    init() {
        var generator = SeededGenerator(seed: 330)
        token = generator.token()
        table = PatternTable(hiding: [Secret(token)])
    }

    private func shown(_ text: String) -> String { filtered(text, by: table) }

    @Test(arguments: ["\u{1B}[m", "\u{1B}[m\u{1B}[K", "\u{1B}[38;5;123m", "\u{1B}(B", "\u{1B}7"])
    func `one between any two characters`(sequence: String) {
        for place in 1..<token.count {
            let text = token.prefix(place) + sequence + token.dropFirst(place)
            #expect(shown("<\(text)>") == "<***\(sequence)***>", "\(place)")
            let bytes = Array("<\(text)>".utf8)
            #expect(filtered(bytes.indices.map { bytes[$0...$0] }, by: table) == Array("<***\(sequence)***>".utf8))
        }
    }

    @Test func `one between each two characters`() {
        let colored = token.map { "\u{1B}[01;31m\u{1B}[K\($0)\u{1B}[m\u{1B}[K" }.joined(separator: "")
        let masked = Array(repeating: "\u{1B}[01;31m\u{1B}[K***\u{1B}[m\u{1B}[K", count: token.count).joined()
        #expect(shown(colored) == masked)
    }

    @Test func `in an encoding, too`() {
        let hex = String(decoding: Encoding.hex(Array(token.utf8)), as: UTF8.self)
        #expect(shown(hex.prefix(11) + "\u{1B}[32m" + hex.dropFirst(11)) == "***\u{1B}[32m***")
    }

    @Test(arguments: ["\u{1B}", "\u{1B}[\u{7}", "\u{1B}\n", "\u{1B}[3"])
    func `what is none is not ignored`(sequence: String) {
        let text = token.prefix(5) + sequence + "\u{1}" + token.dropFirst(5)
        #expect(shown(String(text)) == String(text))
    }

    @Test func `colors alone pass unchanged, and what is held after them is shown after a while`() {
        let redactor = StreamingRedactor(table)
        var shown: [UInt8] = []
        let text = "plain \u{1B}[1mbold\u{1B}[0m \(token.prefix(3))\u{1B}[38;5;123;48;5;200m"
        Array(text.utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
        #expect(String(decoding: shown, as: UTF8.self) == "plain \u{1B}[1mbold\u{1B}[0m ")
        #expect(redactor.mayReleaseHeld)
        redactor.releaseHeld { shown += $0 }
        #expect(String(decoding: shown, as: UTF8.self) == text)
        Array("\(token.dropFirst(3))\n".utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
        #expect(String(decoding: shown, as: UTF8.self) == text + "***\n")
    }

    @Test func `more than seven characters wait, however colored`() {
        let redactor = StreamingRedactor(table)
        let text = token.prefix(8).map { "\($0)\u{1B}[m" }.joined()
        Array(text.utf8).withUnsafeBytes { redactor.redact($0) { _ in Issue.record("nothing may be shown") } }
        #expect(!redactor.mayReleaseHeld)
        #expect(redactor.heldCount == 32)
    }

    @Test func `sequences without end are not waited for`() {
        let redactor = StreamingRedactor(table)
        var count = 0
        let text = Array(token.prefix(9).utf8) + Array(String(repeating: "\u{1B}[m", count: 20_000).utf8)
        text.withUnsafeBytes { redactor.redact($0) { count += $0.count } }
        redactor.finish { count += $0.count }
        #expect(count == text.count)
    }
}
