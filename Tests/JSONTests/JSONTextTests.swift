import JSON
import Secrets
import Testing

/// Documents that we write, read back by our own reader.
@Suite struct JSONTextTests {
    @Test func `members stand in the order in which they were written`() {
        let text = JSONText.object { text in
            text.member("text", "a\"b\\c\n\u{1}é")
            text.member("absent", String?.none)
            text.member("number", 7 as Int64)
            text.member("none", Int64?.none)
            text.member("flag", true)
            text.replaceableMember("yes", true)
            text.replaceableMember("no", false)
            text.null("nothing")
            text.member("secret", Secret("value"))
            text.member("list", array: [1, 2]) { text, number in text.object { $0.member("n", Int64(number)) } }
            text.member("empty", array: [Int]()) { _, _ in }
            text.member("object") { $0.member("inner", false) }
            text.member("last", "z")
        }
        let expected =
            #"{"text":"a\"b\\c\u000a\u0001é","number":7,"flag":true,"yes":true ,"no":false,"nothing":null,"secret":"value","#
            + #""list":[{"n":1},{"n":2}],"empty":[],"object":{"inner":false},"last":"z"}"#
        #expect(text == Secret(expected))
        #expect(JSONDocument(text) != nil)
    }

    @Test func `an object without members is one`() {
        #expect(JSONText.object { _ in } == Secret("{}"))
    }

    @Test func `every character is read back as it was written`() throws {
        let value = String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init))) + "😀\u{10FFFF}"
        let document = try #require(JSONDocument(JSONText.object { $0.member("k", value) }))
        #expect(document.root["k"]?.string == value)
    }
}
