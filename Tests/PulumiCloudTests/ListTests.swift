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
