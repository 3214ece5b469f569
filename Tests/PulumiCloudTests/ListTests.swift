import HTTPTransport
import PulumiCloud
import StubTransport
import Testing

@Suite struct ListTests {
    @Test func `a page holds tokens and the way to the next one`() throws {
        let scene = try Scene([
            (
                list,
                .reply(
                    200,
                    """
                    {"tokens":[{"id":"t-1","name":"","description":"d","created":"2027-01-01T00:00:00Z","lastUsed":0,
                    "expires":1800000000,"admin":false,"createdBy":null,"role":{},"type":"personal"}],
                    "continuationToken":"a+b/c="}
                    """
                )
            ),
            (list + "&continuationToken=a%2Bb%2Fc%3D", .reply(200, #"{"tokens":[],"continuationToken":null}"#)),
        ])
        let first = try scene.cloud.tokens(after: nil)
        let second = try scene.cloud.tokens(after: first.continuation)

        let token = ListedToken(
            id: try TokenID("t-1"),
            description: "d",
            created: "2027-01-01T00:00:00Z",
            expires: 1_800_000_000
        )
        #expect(first == TokenPage(tokens: [token], continuation: "a+b/c="))
        #expect(second == TokenPage(tokens: []))
        #expect(scene.transport.requests.map(\.replyLimit) == [64 << 20, 64 << 20])
        #expect(scene.transport.finish() == [])
    }

    @Test(
        arguments: [
            (#"{"id":"t-1"}"#, nil, nil),
            (#"{"id":"t-1","name":5,"description":null,"created":{},"lastUsed":"never","expires":[]}"#, nil, nil),
            (#"{"id":"t-1","lastUsed":1700000000,"expires":"1800000000"}"#, 1_700_000_000, 1_800_000_000),
            (#"{"id":"t-1","lastUsed":-1,"expires":1.8e9}"#, nil, 1_800_000_000),
            (#"{"id":"t-1","lastUsed":1e300,"expires":1800000000.5}"#, nil, 1_800_000_000),
        ] as [(String, Int64?, Int64?)]
    )
    func `everything but the id may be missing or of another type`(
        entry: String,
        lastUsed: Int64?,
        expires: Int64?
    ) throws {
        let scene = try Scene(list, .reply(200, #"{"tokens":[\#(entry)]}"#))
        let token = ListedToken(id: try TokenID("t-1"), lastUsed: lastUsed, expires: expires)
        #expect(try scene.cloud.tokens(after: nil) == TokenPage(tokens: [token]))
    }

    @Test func `a description of megabytes is read as far as anybody needs it`() throws {
        let long = String(repeating: "é", count: 1 << 20)
        let tag = " [pulumi-token:" + String(repeating: "A", count: 22) + ":0123456789abcdef]"
        for text in [long, long + tag, #"\u00e9"# + long] {
            let scene = try Scene(list, .reply(200, #"{"tokens":[{"id":"t-1","description":"\#(text)"}]}"#))
            let shown = try #require(try scene.cloud.tokens(after: nil).tokens.first?.description)
            #expect(shown == String(repeating: "é", count: 500) + "...")
        }
    }

    /// What is cut in the middle must not look as if it ended there: only a tag at the very end counts.
    @Test func `a description is never cut so that a tag stands at its end`() throws {
        let tag = " [pulumi-token:" + String(repeating: "A", count: 22) + ":0123456789abcdef]"
        let text = String(repeating: "x", count: 1000 - tag.utf8.count) + tag
        for (whole, shown) in [(text, text), (text + "y", text + "...")] {
            let scene = try Scene(list, .reply(200, #"{"tokens":[{"id":"t-1","description":"\#(whole)"}]}"#))
            #expect(try scene.cloud.tokens(after: nil).tokens.map(\.description) == [shown])
        }
    }

    @Test func `an id or a way to the next page that is too long is not understood`() throws {
        let long = String(repeating: "a", count: 4097)
        for body in [#"{"tokens":[{"id":"\#(long)"}]}"#, #"{"tokens":[],"continuationToken":"\#(long)"}"#] {
            let scene = try Scene(list, .reply(200, body))
            let error = failure { () throws(CloudError) in try scene.cloud.tokens(after: nil) }
            #expect(error?.summary == "unreadable reply with status 200: it is not the JSON of a list of tokens")
        }
        let scene = try Scene(list, .reply(200, #"{"tokens":[],"continuationToken":"\#(long.dropLast())"}"#))
        #expect(try scene.cloud.tokens(after: nil).continuation?.count == 4096)
    }

    @Test func `an expiry beyond the year 9999 is its end, so that sums with it do not overflow`() throws {
        let body = #"{"tokens":[{"id":"t","expires":9223372036854775807,"lastUsed":1e18}]}"#
        let scene = try Scene(list, .reply(200, body))
        let token = try #require(try scene.cloud.tokens(after: nil).tokens.first)
        #expect(token.expires == 253_402_300_799)
        #expect(token.lastUsed == 253_402_300_799)
    }

    @Test(arguments: [#"{"tokens":null}"#, #"{"tokens":[],"continuationToken":""}"#])
    func `an empty list is empty in each spelling`(body: String) throws {
        let scene = try Scene(list, .reply(200, body))
        #expect(try scene.cloud.tokens(after: nil) == TokenPage(tokens: []))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "<html></html>", #"{"tokens":{}}"#, #"{"tokens":[{"description":"d"}]}"#,
        #"{"tokens":[{"id":5}]}"#, #"{"tokens":[{"id":""}]}"#, #"{"tokens":[null]}"#, #"{"tokens":[{"id":"a"}"#,
        #"{"tokens":[],"continuationToken":5}"#,
    ])
    func `a list that is not wholly understood proves nothing`(body: String) throws {
        let scene = try Scene(list, .reply(200, body))
        #expect(
            failure { () throws(CloudError) in try scene.cloud.tokens(after: nil) }
                == .unreadable(
                    status: 200,
                    detail: "it is not the JSON of a list of tokens",
                    requestID: nil,
                    serverTime: nil
                )
        )
    }
}
