import Secrets
import TestBench
import Testing

@testable import Redaction

@Suite struct Base64FormTests {
    /// A value somewhere in a longer text, as `user:token` is.
    private struct Embedded {
        let prefix: [UInt8]
        let value: [UInt8]
        let suffix: [UInt8]

        var text: [UInt8] { prefix + value + suffix }

        /// The characters of the encoded text that hold bits of the value and no others.
        var decidedCharacters: Range<Int> {
            let first = (prefix.count * 8 + 5) / 6
            return first..<max(first, (prefix.count + value.count) * 8 / 6)
        }
    }

    private func examples(seed: UInt64, count: Int, lengths: ClosedRange<Int>) -> [Embedded] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let length = generator.number(lengths)
            let isText = generator.once(in: 2)
            // A value that is trimmed has other forms.
            let value =
                isText ? generator.bytes(length, of: "abcXYZ019._-") : [0xFF] + generator.bytes(length - 2) + [0xFE]
            return Embedded(
                prefix: generator.bytes(generator.number(0...5)),
                value: value,
                suffix: generator.bytes(generator.number(0...5))
            )
        }
    }

    @Test func `whatever stands around a value, a form is in the encoded text`() throws {
        for example in examples(seed: 10, count: 300, lengths: 7...60) {
            let forms = maskForms(of: Secret(example.value)).map(\.bytes)
            for encoded in [Encoding.base64(example.text), Encoding.base64URL(example.text)] {
                let decided = Array(encoded[example.decidedCharacters])
                #expect(forms.contains(decided), "\(example)")
            }
        }
    }

    @Test func `all that a reader of the encoded text could decode is hidden`() {
        for example in examples(seed: 11, count: 100, lengths: 7...60) {
            let table = PatternTable(forms: maskForms(of: Secret(example.value)))
            for encoded in [Encoding.base64(example.text), Encoding.base64URL(example.text)] {
                let shown = filtered(encoded, by: table)
                let decided = example.decidedCharacters
                #expect(shown.starts(with: encoded[..<decided.lowerBound] + "***".utf8), "\(example)")
                #expect(shown.suffix(encoded.count - decided.upperBound).elementsEqual(encoded[decided.upperBound...]))
                #expect(shown.count == encoded.count - decided.count + 3)
            }
        }
    }

    @Test func `a value too short to be recognised in base64 has no such form`() {
        #expect(maskForms(of: Secret("abcde")).map(\.plainText) == ["abcde", "6162636465"])
        // Only the first alignment comes to eight characters.
        #expect(maskForms(of: Secret("abcdef")).map(\.plainText) == ["abcdef", "YWJjZGVm", "616263646566"])
    }

    @Test func `base64 in broken lines is hidden line by line`() {
        var generator = SeededGenerator(seed: 12)
        for length in [48, 49, 57, 58, 96, 100, 114, 171, 200] {
            let value = generator.bytes(length, of: "abcXYZ019._-")
            let table = PatternTable(hiding: [Secret(value)])
            for (width, text) in [(76, value), (76, value + [0x0A]), (64, value), (64, value + [0x0A])] {
                let shown = filtered(Encoding.lines(Encoding.base64(text), of: width), by: table)
                let lines = shown.split(separator: 0x0A)
                // Five bytes or less at the end are no form.
                #expect(lines.dropLast().allSatisfy { $0.elementsEqual("***".utf8) }, "\(length) in lines of \(width)")
                #expect((lines.last ?? []).filter { $0 != UInt8(ascii: "*") }.count <= 8)
            }
        }
    }
}
