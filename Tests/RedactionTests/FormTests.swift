import Secrets
import TestBench
import Testing

@testable import Redaction

@Suite struct FormTests {
    private func masks(_ value: String) -> [String] { maskForms(of: Secret(value)).map(\.plainText) }
    private func hidden(_ value: String) -> [String] { redactionForms(of: Secret(value)).map(\.value.plainText) }

    @Test func `the masks of a token, all of them`() {
        let value = "pul-0123456789abcdef0123456789abcdef01234567"
        #expect(
            masks(value) == [
                value,
                "0123456789abcdef0123456789abcdef01234567",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2N",
                "AxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Nj",
                "wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
                "3031323334353637383961626364656630313233343536373839",
                "6162636465663031323334353637",
                "65663031323334353637",
                "0123456789ABCDEF0123456789ABCDEF01234567",
                percentOfEveryByte(value.dropFirst(4)),
            ] + masksOfRareForms(value.dropFirst(4))
        )
        #expect(masks(value).count == 34)
    }

    private func percentOfEveryByte(_ value: Substring) -> String {
        value.utf8.map { "%" + String($0, radix: 16) }.joined()
    }

    /// Encoded by other means: see `Encoding`.
    private func masksOfRareForms(_ value: Substring) -> [String] {
        let bytes = Array(value.utf8)
        let hex = bytes.map { String($0, radix: 16) }
        let once = Encoding.base64InAllPlaces(bytes)
        let wide = Encoding.base64InAllPlaces(Encoding.utf16(bytes))
        return (once.flatMap(Encoding.base64InAllPlaces) + wide).map { String(decoding: $0, as: UTF8.self) }
            + [
                hex.joined(separator: " "), hex.joined(separator: ":"), "\\x" + hex.joined(separator: "\\x"),
                "0x" + hex.joined(separator: ", 0x"),
            ] + [", ", " ", ","].map { bytes.map { "\($0)" }.joined(separator: $0) }
            + Encoding.base32InAllPlaces(bytes).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a system is told of at most forty masks a secret, and of the usual ones alone if it has to be`() {
        var generator = SeededGenerator(seed: 25)
        for value in [generator.token(), String(repeating: "~~~???>>>", count: 20)]
            + [generator.bytes(1200, of: "eyJ0.-_aZ9")].map({ String(decoding: $0, as: UTF8.self) })
        {
            let secret = Secret(value)
            #expect(maskForms(of: secret).count <= 40)
            let usual = maskForms(of: secret, includingRare: false)
            #expect(usual.count <= 14)
            #expect(Array(maskForms(of: secret).prefix(usual.count)) == usual)
        }
        // Each line has to be masked, and nothing rare is then.
        let lines = (0..<60).map { "line number \($0) of a key" }.joined(separator: "\n")
        #expect(masks(lines).filter { $0.hasPrefix("line") && !$0.contains("\n") }.count == 60)
    }

    @Test func `base64url is a form of its own where it differs`() {
        let value = "~~~???>>>~~~???>>>"
        #expect(masks(value).contains("fn5-Pz8_Pj4-fn5-Pz8_Pj4-"))
        #expect(masks(value).contains("fn5+Pz8/Pj4+fn5+Pz8/Pj4+"))
    }

    @Test func `hex lines of xxd are hidden, whatever the length`() {
        var generator = SeededGenerator(seed: 20)
        for length in Array(8...32) + Array(stride(from: 33, through: 200, by: 9)) {
            let value = generator.bytes(length, of: "abcXYZ019._-")
            let table = PatternTable(hiding: [Secret(value)])
            for text in [value, value + [0x0A]] {
                let lines = filtered(Encoding.xxd(text), by: table).split(separator: 0x0A)
                // The end of a line feed, `0a`, is not the value's; less than four bytes are no form.
                #expect(lines.dropLast().allSatisfy { $0.elementsEqual("***".utf8) }, "\(length)")
                #expect((lines.last ?? []).filter { $0 != UInt8(ascii: "*") }.count < 10)
            }
        }
    }

    @Test func `a CI system masks both hex lines of an ordinary token`() {
        var generator = SeededGenerator(seed: 21)
        for length in 34...60 {
            let value = generator.bytes(length, of: "abcXYZ019._-")
            let table = PatternTable(forms: maskForms(of: Secret(value)))
            #expect(filtered(Encoding.xxd(value), by: table) == Array("***\n***\n".utf8))
        }
    }

    @Test(arguments: [false, true])
    func `hex in both cases is hidden`(uppercase: Bool) {
        var generator = SeededGenerator(seed: 22)
        for length in stride(from: 4, through: 100, by: 5) {
            let value = generator.bytes(length - 1) + [0x80]
            guard value.first != 0x0A, value.first != 0x0D else { continue }
            let table = PatternTable(forms: maskForms(of: Secret(value)))
            let text = Array("<".utf8) + Encoding.hex(value, uppercase: uppercase) + Array(">".utf8)
            #expect(filtered(text, by: table) == Array("<***>".utf8))
        }
    }

    @Test(arguments: [
        // JavaScript's encodeURIComponent, Python's quote(safe=""), the same with "/" left alone, HTML forms, all bytes.
        "a%20b%2Fc%2Bd~e!f'(g)*%25%C3%A9",
        "a%20b%2Fc%2Bd~e%21f%27%28g%29%2A%25%C3%A9",
        "a%20b/c%2Bd~e%21f%27%28g%29%2A%25%C3%A9",
        "a+b%2Fc%2Bd%7Ee%21f%27%28g%29*%25%C3%A9",
        "a+b%2fc%2bd%7ee%21f%27%28g%29*%25%c3%a9",
        "a%20b%2fc%2bd~e%21f%27%28g%29%2a%25%c3%a9",
        "%61%20%62%2F%63%2B%64%7E%65%21%66%27%28%67%29%2A%25%C3%A9",
    ])
    func `percent encodings`(encoded: String) {
        #expect(hidden("a b/c+d~e!f'(g)*%é").contains(encoded))
    }

    @Test(arguments: [
        #"a\"b\\c/d<e>&é\n\t\r\b\f\u0001\#u{1F600}"#,
        #"a\"b\\c\/d<e>&é\n\t\r\b\f\u0001\#u{1F600}"#,
        #"a\"b\\c/d\u003ce\u003e\u0026é\n\t\r\b\f\u0001\#u{1F600}"#,
        #"a\"b\\c/d<e>&\u00e9\n\t\r\b\f\u0001\ud83d\ude00"#,
    ])
    func `bodies of JSON strings`(encoded: String) {
        #expect(hidden("a\"b\\c/d<e>&é\n\t\r\u{8}\u{C}\u{1}\u{1F600}").contains(encoded))
    }

    @Test func `a value that is no UTF-8 has all forms but the ASCII of JSON`() {
        let value: [UInt8] = Array("begin\"".utf8) + [0xC3, 0x28] + Array("end".utf8)
        let forms = redactionForms(of: Secret(value)).map(\.value.bytes)
        #expect(forms.contains(value))
        #expect(forms.contains(Array("begin\\\"".utf8) + [0xC3, 0x28] + Array("end".utf8)))
        #expect(!forms.contains { $0.starts(with: #"begin\"\u"#.utf8) })
    }

    @Test func `each line of a value of several lines is a form, without the blanks around it`() {
        let value = "-----BEGIN-----\n  first line\t\r\nsecond line\n\nshort\n-----END-----\n"
        let forms = masks(value)
        #expect(forms.prefix(2) == [value, String(value.dropLast())])
        for line in ["-----BEGIN-----", "first line", "second line", "-----END-----"] {
            #expect(forms.contains(line))
        }
        #expect(!forms.contains("short"))
        #expect(!forms.contains("  first line\t"))
    }

    @Test func `line ends around a value are no part of it`() {
        let forms = masks("\n\nsecret-value\r\n")
        #expect(forms.prefix(2) == ["\n\nsecret-value\r\n", "secret-value"])
        #expect(Array(forms.dropFirst()) == masks("secret-value"))
    }

    @Test func `a terminal shows a line feed with a carriage return`() {
        #expect(hidden("one line\ntwo lines\r\nthree").contains("one line\r\ntwo lines\r\nthree"))
        #expect(!hidden("no line feed").contains { $0.contains("\r") })
    }

    @Test(arguments: ["", "\n", "\r\n\r\n"])
    func `nothing has no form`(value: String) {
        #expect(hidden(value) == [])
        #expect(masks(value) == [])
    }

    @Test func `a value of any length is a form, its parts and encodings only from eight bytes on`() {
        var generator = SeededGenerator(seed: 23)
        for length in 1...80 {
            let value = generator.bytes(length, of: "ab%\"é/\n ")
            let trimmed = Array(value.trimmingPrefix { $0 == 0x0A }.reversed().trimmingPrefix { $0 == 0x0A }.reversed())
            let secret = Secret(value)
            for form in maskForms(of: secret).map(\.bytes) where form.count < 8 {
                #expect(form == value || form == trimmed)
            }
            for form in redactionForms(of: secret).map(\.value.bytes) where form.count < 8 {
                #expect(form.count >= trimmed.count, "only what stands for the whole may be short")
            }
        }
    }

    @Test func `no form is there twice, none is empty, and the filter hides every mask`() {
        var generator = SeededGenerator(seed: 24)
        for length in 0...70 {
            let secret = Secret(generator.bytes(length, of: "aab%\n"))
            let forms = redactionForms(of: secret).map(\.value)
            #expect(Set(forms.map(\.bytes)).count == forms.count)
            #expect(!forms.contains { $0.isEmpty })
            let table = PatternTable(hiding: [secret])
            for mask in maskForms(of: secret) where mask.count > 8 {
                #expect(filtered(mask.bytes, by: table).contains(0x2A), "\(length)")
            }
        }
    }
}
