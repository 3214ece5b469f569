import JSON
import Secrets
import Testing

/// What is a document, and what values are in it.
@Suite struct JSONDocumentTests {
    private func root(_ text: String) throws -> JSONNode {
        try #require(JSONDocument(Secret(text))).root
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "1", "12.50", "1e5", "1E+5", "-1.5e-10", "\"\"", " \t\r\n{ } ",
        "[1,2,[3,[]],{\"a\":{}}]", "{\"a\":1,\"a\":2}", "\"\\u0041\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"é😀\"",
        "{\"\":null}", "[[[[[[]]]]]]",
    ])
    func `whole documents are read`(text: String) {
        #expect(JSONDocument(Secret(text)) != nil)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
        "{1:2}", "{,}", "nul", "nulll", "True", "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x10", "NaN", "Infinity",
        "'a'",
        "\"a", "a\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\n\"",
        "\"\t\"", "\"\u{0}\"", "{} {}", "[] x", "// c\n{}", "[1]]", "{\"a\":1}}", "\u{FEFF}{}",
    ])
    func `everything else is none`(text: String) {
        #expect(JSONDocument(Secret(text)) == nil)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82], [0xFF, 0xFE, 0x7B, 0x00],
        ] as [[UInt8]]
    )
    func `what is not UTF-8 is none`(bytes: [UInt8]) {
        #expect(JSONDocument(Secret(bytes)) == nil)
    }

    @Test func `depth has a limit, and cannot exhaust the stack`() {
        let limit = JSONDocument.depthLimit
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(JSONDocument(Secret(nested(limit))) != nil)
        #expect(JSONDocument(Secret(nested(limit + 1))) == nil)
        #expect(JSONDocument(Secret(String(repeating: "[", count: 1_000_000))) == nil)
        #expect(JSONDocument(Secret(String(repeating: "{\"a\":", count: 1_000_000))) == nil)
    }

    @Test func `so has the number of values, which cost more memory than their text`() {
        let text = "[" + String(repeating: "1,", count: JSONDocument.valueLimit) + "1]"
        #expect(JSONDocument(Secret(text)) == nil)
        #expect(JSONDocument(Secret(text.replacing("1,1,", with: "12,", maxReplacements: 4))) != nil)
    }

    @Test func `members are found by name, the last of several, and nothing in other kinds`() throws {
        let node = try root(#"{"a":1,"b":{"a":2},"a":3,"\u0063":4}"#)
        #expect(node["a"]?.integer == 3 && node["b"]?["a"]?.integer == 2 && node["c"]?.integer == 4)
        #expect(node["d"] == nil && node["a"]?["x"] == nil)
        #expect(node.members.map(\.name) == ["a", "b", "a", "c"])
        #expect(node["b"]?.isObject == true && node.elements == nil && node.string == nil)
    }

    @Test func `elements come one after the other, whatever lies in them`() throws {
        let node = try root(#"[1,[2,3],{"a":[4]},"5",null,true]"#)
        let elements = try #require(node.elements).map { $0 }
        #expect(elements.count == 6)
        #expect(elements[1].elements?.compactMap(\.integer) == [2, 3])
        #expect(elements[2]["a"]?.elements?.compactMap(\.integer) == [4])
        #expect(elements[3].string == "5" && elements[4].isNull && elements[5].bool == true)
    }

    @Test(
        arguments: [
            ("1", 1), ("-7", -7), ("1.9", 1), ("-1.9", -1), ("1e3", 1000), ("\"42\"", 42),
            ("9223372036854775807", .max),
            ("9223372036854775808", nil), ("1e30", nil), ("\"x\"", nil), ("\"1.5\"", nil), ("true", nil), ("null", nil),
            ("[1]", nil),
        ] as [(String, Int64?)]
    )
    func `whole numbers are read leniently`(text: String, number: Int64?) throws {
        #expect(try root(text).integer == number)
    }

    @Test(arguments: [("0", nil), ("-1", nil), ("5", 5), ("\"5\"", 5)] as [(String, Int64?)])
    func `a moment of 0 stands for never`(text: String, moment: Int64?) throws {
        #expect(try root(text).moment == moment)
    }

    @Test func `escapes are resolved in strings and secrets alike`() throws {
        let node = try root(#""a\u00e9\ud83d\ude00\"\\\/\b\f\n\r\tz""#)
        let expected = "aé😀\"\\/\u{8}\u{C}\n\r\tz"
        #expect(node.string == expected)
        #expect(node.secret == Secret(expected))
    }

    @Test func `a document shows nothing of itself`() throws {
        let document = try #require(JSONDocument(Secret(#"{"tokenValue":"hidden-value"}"#)))
        var shown = "\(document) \(document.root)"
        dump(document, to: &shown)
        dump(document.root, to: &shown)
        #expect(!shown.contains("hidden") && !shown.contains("tokenValue"))
    }

    @Test(
        arguments: [
            (#""abc""#, 3, "abc"), (#""abc""#, 2, "ab..."), (#""abc""#, 0, "..."), (#""""#, 0, ""),
            (#""aé""#, 2, "a..."), (#""aé""#, 3, "aé"), (#""a\u00e9b""#, 3, "aé..."), (#""a\u00e9b""#, 4, "aéb"),
            (#""\ud83d\ude00\n""#, 4, "😀..."), (#""\ud83d\ude00\n""#, 3, "..."), ("5", 3, nil), ("null", 3, nil),
        ] as [(String, Int, String?)]
    )
    func `a string is read as far as it is wanted`(text: String, limit: Int, shown: String?) throws {
        let document = try #require(JSONDocument(Secret(text)))
        #expect(document.root.string(cutTo: limit) == shown)
    }
}
