import Secrets
import TestBench
import Testing

@testable import Redaction

/// What breaks off before its end, as by `cut -c1-43` or `head -c`.
@Suite struct CutOffFormTests {
    private let token: [UInt8]
    private let table: PatternTable

    init() {
        var generator = SeededGenerator(seed: 310)
        token = Array(generator.token().utf8)
        table = PatternTable(hiding: [Secret(token)])
    }

    @Test(arguments: ["", "\n", "...", "é"])
    func `three quarters of a token are hidden, less is shown`(rest: String) {
        for count in 0...token.count {
            let text = Array("<".utf8) + token.prefix(count) + rest.utf8
            let expected = count < 33 ? text : Array("<***\(rest)".utf8)
            #expect(filtered(text, by: table) == expected, "\(count)")
            #expect(filtered(text.indices.map { text[$0...$0] }, by: table) == expected, "\(count), byte by byte")
        }
    }

    @Test func `the end of what is there may be the beginning of another`() {
        let text = token.prefix(40) + token + token.prefix(33) + token.prefix(32)
        #expect(filtered(Array(text), by: table) == Array("***".utf8) + token.prefix(32))
    }

    @Test func `the mask comes with the byte that makes it three quarters`() {
        let redactor = StreamingRedactor(table)
        var shown: [UInt8] = []
        token.prefix(32).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
        #expect(shown == [])
        for byte in token.dropFirst(32) {
            [byte].withUnsafeBytes { redactor.redact($0) { shown += $0 } }
            #expect(shown == Array("***".utf8))
            #expect(redactor.heldCount == 0)
        }
    }

    @Test func `base64 and hex may be cut off too, and that in broken lines`() {
        for encoded in [Encoding.base64(token).dropLast(2), Encoding.hex(token)[...]] {
            let least = (encoded.count * 3 + 3) / 4
            for count in least - 3...encoded.count {
                let line = Array(encoded.prefix(count))
                let isHidden = count >= least
                #expect(filtered(line + [0x21], by: table) == (isHidden ? Array("***!".utf8) : shown(line) + [0x21]))
                let lines = Encoding.lines(line, of: 36)
                #expect(filtered(lines, by: table) == (isHidden ? Array("***\n".utf8) : lines), "\(count)")
            }
        }
    }

    /// The first line of `xxd -p` is a form of its own.
    private func shown(_ encoded: [UInt8]) -> [UInt8] {
        let line = Encoding.hex(Array(token.prefix(30)))
        return encoded.starts(with: line) ? Array("***".utf8) + encoded.dropFirst(line.count) : encoded
    }

    @Test func `a beginning that may be public is shown`() {
        var generator = SeededGenerator(seed: 311)
        for length in 8...30 {
            let value = generator.bytes(length, of: "abcdef0123456789")
            let table = PatternTable(hiding: [Secret(value)])
            // Twenty bytes: "pul-" and sixteen that nobody writes by chance.
            let least = length <= 20 ? length : max(20, (length * 3 + 3) / 4)
            for count in 1...length {
                let shown = filtered(Array(value.prefix(count)), by: table)
                #expect(
                    shown == (count < least ? Array(value.prefix(count)) : Array("***".utf8)),
                    "\(length), \(count)"
                )
            }
        }
    }

    @Test func `a part of a value, such as one line of a key, is no beginning`() {
        let line = "0123456789abcdefghijklmnopqrstuvwxyz"
        let table = PatternTable(hiding: [Secret("first line of the key\n\(line)\nlast line of the key")])
        #expect(filtered(String(line.dropLast()), by: table) == String(line.dropLast()))
        #expect(filtered(line, by: table) == "***")
    }

    @Test func `many tokens that are cut off are a mask each`() {
        let text = (0..<200).flatMap { _ in token.prefix(40) + [0x0A] }
        let expected = (0..<200).flatMap { _ in Array("***\n".utf8) }
        let isFiltered = filtered(text, by: table) == expected
        #expect(isFiltered)
    }

    @Test func `a message does not show a token that is cut off`() {
        let redactor = TextRedactor(hiding: [Secret(token)])
        let text = String(decoding: token, as: UTF8.self)
        #expect(redactor.redact(text: "no \(text.prefix(40))... here") == "no ***... here")
        #expect(redactor.redact(text: "no \(text.prefix(32))... here") == "no \(text.prefix(32))... here")
    }
}
