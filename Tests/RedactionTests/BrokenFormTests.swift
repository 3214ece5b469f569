import Secrets
import TestBench
import Testing

@testable import Redaction

/// Base64 and hex in the lines that `base64`, `openssl base64` and `xxd -p` write.
@Suite struct BrokenFormTests {
    /// How a program writes a text.
    enum Writer: CaseIterable {
        case base64, openssl, xxd, upperCaseXXD, base64URL, dump

        /// Lines of so many characters.
        var width: Int {
            switch self {
            case .base64, .base64URL: 76
            case .openssl: 64
            case .xxd, .upperCaseXXD: 60
            case .dump: LineWidth.narrowest
            }
        }

        /// How many characters a byte becomes.
        var growth: Double { isHex ? 2 : 4 / 3 }

        var isHex: Bool { self == .xxd || self == .upperCaseXXD || self == .dump }

        func encoded(_ text: [UInt8]) -> [UInt8] {
            switch self {
            case .base64, .openssl: Encoding.base64(text)
            case .base64URL: Encoding.base64URL(text)
            case .xxd, .dump: Encoding.hex(text)
            case .upperCaseXXD: Encoding.hex(text, uppercase: true)
            }
        }
    }

    private let secret: [UInt8]
    private let table: PatternTable
    /// What makes a line wide enough.
    private let filler = [UInt8](repeating: UInt8(ascii: "0"), count: LineWidth.narrowest)

    init() {
        var generator = SeededGenerator(seed: 300)
        secret = Array(generator.token().utf8)
        table = PatternTable(hiding: [Secret(secret)])
    }

    /// A text with line ends at some places, the last first.
    private func broken(_ text: [UInt8], by lineEnds: [(place: Int, bytes: String)]) -> [UInt8] {
        var text = text
        for lineEnd in lineEnds { text.insert(contentsOf: lineEnd.bytes.utf8, at: lineEnd.place) }
        return text
    }

    /// What should be shown: all characters that hold bits of other text, each in its line.
    private func expected(_ before: Int, _ text: [UInt8], _ writer: Writer, _ lineEnd: String) -> [UInt8] {
        let encoded = writer.encoded(text)
        let bits = writer.isHex ? 4 : 6
        let decided = (before * 8 + bits - 1) / bits..<(before + secret.count) * 8 / bits
        var shown: [UInt8] = []
        for (place, character) in encoded.enumerated() {
            let isLineStart = place > 0 && place % writer.width == 0
            if isLineStart, !decided.dropFirst().contains(place) { shown += lineEnd.utf8 }
            if place == decided.lowerBound { shown += "***".utf8 }
            if !decided.contains(place) { shown.append(character) }
        }
        return shown + lineEnd.utf8
    }

    @Test(arguments: Writer.allCases, ["\n", "\r\n"])
    func `wherever in a line the secret begins, no part of it is left`(writer: Writer, lineEnd: String) {
        var generator = SeededGenerator(seed: 301)
        for before in 0...114 {
            // As in the environment: what stands around it is text too.
            let text = generator.bytes(before, of: "ABC=\nxyz") + secret + generator.bytes(100, of: "ABC=\nxyz")
            let written = Encoding.lines(writer.encoded(text), of: writer.width, lineEnd: lineEnd)
            let expected = expected(before, text, writer, lineEnd)
            #expect(filtered(written, by: table) == expected, "\(before)")
            let bytes = written.indices.map { written[$0...$0] }
            #expect(filtered(bytes, by: table) == expected, "\(before), byte by byte")
        }
    }

    @Test(arguments: Writer.allCases)
    func `a long secret is found too, wherever it begins`(writer: Writer) {
        var generator = SeededGenerator(seed: 302)
        let secret = generator.bytes(1500, of: "abcXYZ019-_.")
        let table = PatternTable(hiding: [Secret(secret)])
        for before in [0, 1, 2, 17, 44] {
            let text = generator.bytes(before, of: "xyz") + secret + Array("!\n".utf8)
            let shown = filtered(Encoding.lines(writer.encoded(text), of: writer.width), by: table)
            #expect(shown.count <= Int(Double(before + 2) * writer.growth) + 10, "\(before)")
        }
    }

    @Test func `line ends of both kinds may alternate`() {
        let encoded = Encoding.hex(secret)
        let text = filler + broken(encoded, by: [(40, "\n"), (1, "\r\n")])
        #expect(filtered(text, by: table) == filler + Array("***".utf8))
    }

    @Test(arguments: ["\r", "\n\n", "\r\r\n", "\n\r", " \n", "\n "])
    func `what no program breaks lines with is no line end of an encoding`(lineEnd: String) {
        let text = broken(Encoding.base64(secret), by: [(40, lineEnd)])
        #expect(filtered(text, by: table) == text)
    }

    @Test func `words in lines of their own are no broken encoding`() {
        let encoded = Encoding.base64(secret)
        for width in 1..<LineWidth.narrowest {
            let text = Encoding.lines(encoded, of: width)
            #expect(filtered(text, by: table) == text, "\(width)")
        }
        let wider = filtered(Encoding.lines(encoded, of: LineWidth.narrowest), by: table)
        #expect(wider == Array("***".utf8) + encoded.suffix(2) + [0x0A])
    }

    @Test func `only base64 and hex are found in broken lines`() {
        let text = broken(filler + secret, by: [(LineWidth.narrowest + 9, "\n")])
        #expect(filtered(text, by: table) == text)
    }

    @Test func `the width of a line counts from chunk to chunk`() {
        for width in [LineWidth.narrowest - 1, LineWidth.narrowest] {
            let text = broken(filler.prefix(width - 20) + Encoding.base64(secret), by: [(width, "\n")])
            for cut in 0...width + 1 {
                let shown = filtered([text[..<cut], [], text[cut...]], by: table)
                #expect((shown == text) == (width < LineWidth.narrowest), "\(width), \(cut)")
            }
        }
    }

    @Test(arguments: [0, 512 << 10], [nil, 20])
    func `a form may break where another one has a line end of its own`(rowBudget: Int, shortestBeginning: Int?) {
        let line = String(repeating: "a", count: 40)
        let forms = [
            SecretForm(Secret("\(line)b\nand another line"), shortestBeginning: shortestBeginning),
            SecretForm(Secret("bcdefghijklm"), isBreakable: true),
        ]
        let table = PatternTable(forms: forms, rowBudget: rowBudget)
        let isLineHidden = shortestBeginning != nil
        #expect(filtered("\(line)b\ncdefghijklm!", by: table) == (isLineHidden ? "***!" : "\(line)***!"))
    }

    // MARK: What waits

    private func held(after text: String) -> Int {
        let redactor = StreamingRedactor(table)
        Array(text.utf8).withUnsafeBytes { redactor.redact($0) { _ in } }
        return redactor.heldCount
    }

    @Test func `a line end waits only where a broken form could go on`() {
        let wide = String(repeating: "0", count: 60)
        // The token begins with "pul-": "cHVsL" in base64, "70756c2d" in hex.
        #expect(held(after: "\(wide)cH\n") == 3)
        #expect(held(after: "\(wide)cH\r") == 3)
        #expect(held(after: "\(wide)cH\r\n") == 4)
        #expect(held(after: "\(wide)70756c\n") == 7)
        #expect(held(after: "\(wide)cH\n\n") == 0)
        #expect(held(after: "\(wide)cH\r\r") == 0)
        #expect(held(after: "\(wide) cH\n") == 0)
        #expect(held(after: "\(wide)xyz\n") == 0)
        #expect(held(after: "exec\n") == 0)
        #expect(held(after: "View Live: https://app.pulumi.com/acme/shop/prod/updates/7\n") == 0)
    }

    @Test func `a line end behind a whole form does not wait`() {
        // One whose end is not the beginning of any form.
        let secret = Array("pul-a".utf8) + secret[5..<43] + Array("1".utf8)
        let redactor = StreamingRedactor(PatternTable(hiding: [Secret(secret)]))
        (Encoding.hex(secret) + [0x0A]).withUnsafeBytes { redactor.redact($0) { _ in } }
        #expect(redactor.heldCount == 0)
    }

    @Test func `a few characters before a line end are shown after a while, more are not`() {
        for count in 1...10 {
            let redactor = StreamingRedactor(table)
            var shown: [UInt8] = []
            let text = broken(filler + Encoding.hex(secret), by: [(filler.count + count, "\n")])
            let line = text.prefix(filler.count + count + 1)
            line.withUnsafeBytes { redactor.redact($0) { shown += $0 } }
            // The line end is one of seven.
            #expect(redactor.mayReleaseHeld == (count < 7))
            redactor.releaseHeld { shown += $0 }
            text[line.endIndex...].withUnsafeBytes { redactor.redact($0) { shown += $0 } }
            #expect(shown == (count < 7 ? Array(line) : filler) + Array("***".utf8))
        }
    }
}
