import Testing

@testable import CloudEmulator

@Suite struct PatternTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "a/b", true), ("a*c", "abbc", true),
        ("a*c", "ac", true),
        ("a*c", "acd", false), ("*b", "ab", true), ("a*b*c", "axbxbxc", true), ("a*b*c", "axcxb", false),
        ("**", "x", true),
        ("abc", "abc", true), ("abc", "ab", false), ("ab", "abc", false), ("A", "a", false),
    ])
    func `a star stands for anything`(pattern: String, text: String, matches: Bool) {
        #expect(glob(pattern, matches: text) == matches)
    }
}

@Suite struct DateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.000Z"),
            (1_800_000_000, "Fri, 15 Jan 2027 08:00:00 GMT", "2027-01-15T08:00:00.000Z"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String, String)]
    )
    func `dates are written as HTTP and as Pulumi write them`(unix: Int64, http: String, iso: String) {
        #expect(httpDate(unix) == http)
        #expect(isoDate(unix) == iso)
    }
}

@Suite struct EncodingTests {
    @Test(arguments: [([], ""), ([0xfb, 0xff], "-_8"), ([0], "AA"), ([1, 2, 3], "AQID")] as [([UInt8], String)])
    func `base64url has no padding`(bytes: [UInt8], text: String) {
        #expect(base64URL(bytes) == text)
        #expect(base64URLDecoded(text) == bytes)
    }

    @Test(arguments: ["+_8", "-/8", "AA==", "A", "A A", "é"])
    func `anything else is no base64url`(text: String) {
        #expect(base64URLDecoded(text) == nil)
    }

    @Test(arguments: [("a%20b", "a b"), ("%C3%a9", "é"), ("%", "%"), ("%2", "%2"), ("%zz", "%zz"), ("a+b", "a+b")])
    func `escapes are resolved, and malformed ones stay`(text: String, decoded: String) {
        #expect(percentDecoded(text) == decoded)
    }

    @Test func `a form has names and values`() {
        let members = formMembers("a=b+c&d=%26%3D&e&=f&g=h=i").map { "\($0.name)|\($0.value)" }
        #expect(members == ["a|b c", "d|&=", "e|", "|f", "g|h=i"])
    }

    @Test func `JSON is written with its commas and escapes`() {
        var text = JSONText()
        text.object {
            $0.member("a", "\"\\\n\u{1}é")
            $0.member("b", 7)
            $0.member("c", array: [1, 2]) { array, number in array.object { $0.member("n", number) } }
            $0.member("d", object: { $0.member("e", true) })
            $0.member("f", array: [String]()) { $0.string($1) }
        }
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == #"{"a":"\"\\\u000a\u0001é","b":7,"c":[{"n":1},{"n":2}],"d":{"e":true},"f":[]}"#
        )
    }
}
