import Secrets
import TestBench
import Testing

@testable import Redaction

/// What takes a step more to write, and to read back.
@Suite struct RareFormTests {
    private let token: [UInt8]
    private let table: PatternTable

    init() {
        var generator = SeededGenerator(seed: 320)
        token = Array(generator.token().utf8)
        table = PatternTable(hiding: [Secret(token)])
    }

    private var rest: [UInt8] { Array(token.dropFirst(4)) }

    private func shown(_ text: [UInt8]) -> String { String(decoding: filtered(text, by: table), as: UTF8.self) }

    @Test func `the part behind the public prefix is hidden alone`() {
        #expect(shown(Array("<".utf8) + rest + Array(">".utf8)) == "<***>")
        #expect(shown(Array("pul%2D".utf8) + rest) == "***")
        #expect(shown(Array("pul%2d".utf8) + rest) == "***")
        #expect(shown(Array("pul\\x2d".utf8) + rest) == "pul\\x2d***")
        #expect(shown(Array("pul- ".utf8) + rest) == "pul- ***")
        for encoded in [Encoding.hex(rest), Encoding.base64(rest).dropLast(3) + []] {
            #expect(shown([0x3C] + encoded + [0x3E]) == "<***>")
        }
    }

    @Test func `a part that could be anything is no form`() {
        let short = PatternTable(hiding: [Secret("pul-0123456789")])
        #expect(filtered("0123456789 and pul-0123456789", by: short) == "0123456789 and ***")
    }

    @Test func `upper case`() {
        #expect(shown(Array(String(decoding: token, as: UTF8.self).uppercased().utf8)) == "***")
        #expect(shown(Array(String(decoding: rest, as: UTF8.self).uppercased().utf8)) == "***")
        let other = PatternTable(hiding: [Secret("ab-word")])
        #expect(filtered("AB-WORD ab-word", by: other) == "AB-WORD ***")
    }

    @Test(arguments: 0..<3, 0..<3)
    func `base64 of base64, wherever in both the token begins`(inner: Int, outer: Int) {
        let text = [UInt8](repeating: 0x78, count: inner) + token + Array("\nmore".utf8)
        let once = [UInt8](repeating: 0x79, count: outer) + Encoding.base64(text)
        let twice = Encoding.base64(once)
        let left = filtered(twice, by: table)
        #expect(left.count <= twice.count - 68 + 3)
        #expect(left.contains(0x2A))
        // Lines of the outer one may be broken.
        let lines = filtered(Encoding.lines(twice, of: 76), by: table)
        #expect(lines.filter { $0 != 0x0A }.count <= twice.count - 68 + 3)
    }

    @Test func `UTF-16 in both orders, and its base64 wherever it begins`() {
        let wide = Encoding.utf16(token)
        #expect(
            filtered([0xFF, 0xFE] + wide, by: table) == [0xFF, 0xFE] + Encoding.utf16(Array("pul-".utf8))
                + Array("***".utf8)
        )
        let other = [0] + wide.dropLast()
        #expect(filtered(Array(other), by: table).count == 8 + 1 + 3)
        for before in 0..<3 {
            let encoded = Encoding.base64([UInt8](repeating: 0x20, count: before) + wide)
            #expect(filtered(encoded, by: table).count <= 14 + 3, "\(before)")
        }
    }

    @Test(arguments: 0..<5, ["\n", "\r\n"])
    func `base32, wherever it begins and where lines end`(before: Int, lineEnd: String) {
        let text = [UInt8](repeating: 0x78, count: before) + token + Array("\nmore".utf8)
        let encoded = Encoding.base32(text)
        let most = encoded.count - 40 * 8 / 5 + 1 + 3
        #expect(filtered(encoded, by: table).count <= most)
        let lines = filtered(Encoding.lines(encoded, of: 76, lineEnd: lineEnd), by: table)
        #expect(lines.filter { $0 != 0x0A && $0 != 0x0D }.count <= most)
    }

    @Test(arguments: [" ", ":", "-", ",", ", "], [false, true])
    func `hex with one separator`(separator: String, isUpperCase: Bool) {
        let text = Encoding.list(token, radix: 16, uppercase: isUpperCase, between: separator)
        let prefix = Encoding.list(Array(token.prefix(4)), radix: 16, uppercase: isUpperCase, between: separator)
        #expect(shown([0x5B] + text + [0x5D]) == "[" + String(decoding: prefix, as: UTF8.self) + separator + "***]")
    }

    @Test(arguments: [("0x", ", "), ("0x", ","), ("0x", " "), ("\\x", "")], [false, true])
    func `hex with a prefix for each byte`(style: (before: String, between: String), isUpperCase: Bool) {
        let text = Encoding.list(rest, radix: 16, uppercase: isUpperCase, before: style.before, between: style.between)
        #expect(shown([0x5B] + text + [0x5D]) == "[***]")
    }

    @Test(arguments: [" ", ", ", ","])
    func `decimal lists`(separator: String) {
        let text = Encoding.list(rest, radix: 10, between: separator)
        #expect(shown([0x5B] + text + [0x5D]) == "[***]")
    }

    @Test func `a dump by od, wherever in a line the token begins`() {
        for before in 0..<48 {
            let text = [UInt8](repeating: 0x78, count: before) + token + [UInt8](repeating: 0x79, count: 20)
            let lines = stride(from: 0, to: text.count, by: 16).map { start in
                " "
                    + String(
                        decoding: Encoding.list(
                            Array(text[start..<min(start + 16, text.count)]),
                            radix: 16,
                            between: " "
                        ),
                        as: UTF8.self
                    )
            }
            let shown = shown(Array(lines.joined(separator: "\n").utf8))
            let expected =
                Array(repeating: "78", count: before) + ["70", "75", "6c", "2d", "***"]
                + Array(repeating: "79", count: 20)
            #expect(shown.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init) == expected, "\(before)")
        }
    }

    /// How programs write a list of bytes: the radix, what stands before each byte, and what between them.
    static let listStyles: [(radix: Int, before: String, between: String)] = [
        (16, "", " "), (16, "", ", "), (16, "0x", ", "), (16, "0x", " "), (10, "", " "), (10, "", ", "),
    ]

    @Test(arguments: listStyles, ["\n", "\r\n", "\n ", "\n  ", "\r\n  ", " \n", " \r\n "])
    func `a line end in the place of a blank, wherever in a line the token begins`(
        style: (radix: Int, before: String, between: String),
        lineEnd: String
    ) {
        // As by `od | sed`, `xargs -n16`, `hexdump -e`, `xxd -i` and Python's textwrap.
        let mark = style.between.dropLast()
        for before in 0..<17 {
            let text = [UInt8](repeating: 0x78, count: before) + rest + [UInt8](repeating: 0x79, count: 20)
            let lines = stride(from: 0, to: text.count, by: 16).map { start in
                let line = Array(text[start..<min(start + 16, text.count)])
                let list = Encoding.list(line, radix: style.radix, before: style.before, between: style.between)
                return String(decoding: list, as: UTF8.self)
            }
            let written = Array(lines.joined(separator: mark + lineEnd).utf8)
            let numbers = [0x78, 0x79].map { style.before + String($0, radix: style.radix) }
            let around = (Array(repeating: numbers[0], count: before), Array(repeating: numbers[1], count: 20))
            let shown = shown(written)
            #expect(shown.split { $0.isWhitespace || $0 == "," }.map(String.init) == around.0 + ["***"] + around.1)
            let bytes = filtered(written.indices.map { written[$0...$0] }, by: table)
            #expect(String(decoding: bytes, as: UTF8.self) == shown, "\(before), byte by byte")
        }
    }

    @Test(arguments: [":", "-", ",", " ", ", "], ["\n", "\r\n"])
    func `a list of bytes that was folded anywhere`(separator: String, lineEnd: String) {
        let text = Encoding.list(rest, radix: 16, between: separator)
        for width in 32..<50 {
            let lines = Encoding.lines(text, of: width, lineEnd: lineEnd)
            #expect(shown(lines) == "***" + lineEnd, "\(width)")
        }
    }

    @Test func `a list that breaks off at the end of a line leaves the line end`() {
        let list = Encoding.list(Array(rest.prefix(36)), radix: 16, between: " ")
        for length in list.count * 3 / 4...list.count where list[length - 1] != 0x20 {
            let line = Array(list.prefix(length))
            let left = String(decoding: filtered(line + [0x2E], by: table).dropLast(), as: UTF8.self)
            #expect(shown(line + Array("\nmore".utf8)) == left + "\nmore", "\(length)")
        }
    }

    @Test func `most of a rare form is hidden too`() {
        let list = Encoding.list(rest, radix: 16, between: ":")
        #expect(shown(Array(list.prefix(list.count * 3 / 4 + 1)) + [0x0A]) == "***\n")
        #expect(
            shown(Array(list.prefix(list.count / 2))) == String(decoding: list.prefix(list.count / 2), as: UTF8.self)
        )
    }

    @Test func `a secret of a thousand bytes has them all`() {
        var generator = SeededGenerator(seed: 321)
        let long = generator.bytes(1200, of: "abcdefgXYZ0189.-_")
        let table = PatternTable(hiding: [Secret(long)])
        let lists = [" ", ":", ", "].map { Encoding.list(long, radix: 16, between: $0) }
        for text in lists + [
            Encoding.list(long, radix: 10, between: " "), Encoding.utf16(long),
            Encoding.list(long, radix: 16, before: "\\x", between: ""),
        ] {
            #expect(filtered([0x5B] + text + [0x5D], by: table) == Array("[***]".utf8))
        }
        #expect(filtered(Encoding.base64(Encoding.base64(long)), by: table).count < 12)
        #expect(filtered(Encoding.base32(long), by: table).count < 12)
    }
}
