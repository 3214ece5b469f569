import HTTPTransport
import PulumiCloud
import StubTransport
import Testing

@Suite struct DeleteTests {
    @Test(arguments: [(204, "", nil), (200, "{}", "application/json"), (200, "{}", nil)] as [(Int, String, String?)])
    func `the API's own word is a deletion`(status: Int, body: String, type: String?) throws {
        let reply = StubTransport.Reply.reply(status, body, fields: type.map { [("Content-Type", $0)] } ?? [])
        let scene = try Scene(deletion(of: "a%2Fb"), reply)
        try scene.cloud.deleteToken(TokenID("a/b"))
        #expect(scene.transport.finish() == [])
    }

    @Test(
        arguments: [
            (200, "", nil), (200, "", "application/json"), (200, "whatever", nil), (200, "[]", "application/json"),
            (200, "<!doctype html>", "text/html; charset=utf-8"), (200, "<html/>", "application/xhtml+xml"),
            (200, "signed in", "text/plain"), (200, "{}", "text/plain"), (200, "x", "application/octet-stream"),
            (202, "", nil), (202, "{}", "application/json"), (205, "", nil), (206, "{}", "application/json"),
        ] as [(Int, String, String?)]
    )
    func `any other 2xx to a deletion is to be confirmed by a list`(status: Int, body: String, type: String?) throws {
        let reply = StubTransport.Reply.reply(status, body, fields: type.map { [("Content-Type", $0)] } ?? [])
        let scene = try Scene([(deletion(of: "a"), reply), (deletion(of: "a"), reply)])
        let id = try TokenID("a")
        let unclear = CloudError.unreadable(
            status: status,
            detail: "it is not what the API answers to a deletion",
            requestID: nil,
            serverTime: nil
        )
        #expect(failure { () throws(CloudError) in try scene.cloud.deleteToken(id) } == unclear)
        var waiting = [id]
        scene.cloud.deleteTokens(
            connections: 1,
            next: { waiting.popLast() },
            completed: { _, result in
                #expect(failure { () throws(CloudError) in try result.get() } == unclear)
            }
        )
        #expect(scene.transport.finish() == [])
    }

    @Test func `a token that is not there is told apart from a page that is not there`() throws {
        let scene = try Scene([
            (deletion(of: "t-1"), .reply(404, #"{"code":404,"message":"token not found"}"#)),
            (deletion(of: "t-1"), .reply(404, "404 page not found\n")),
        ])
        let id = try TokenID("t-1")
        let gone = failure { () throws(CloudError) in try scene.cloud.deleteToken(id) }
        let lost = failure { () throws(CloudError) in try scene.cloud.deleteToken(id) }
        #expect(gone == .rejected(APIError(status: 404, message: "token not found")))
        #expect(lost == .rejected(APIError(status: 404, message: "404 page not found", isAPIError: false)))
        #expect(scene.transport.finish() == [])
    }

    @Test func `many deletions share a few connections, and a failed one can be given again`() throws {
        let scene = try Scene([
            (deletion(of: "a"), .reply(204)),
            (deletion(of: "b"), .reply(503)),
            (deletion(of: "c"), .lost(.connectionLost, arrived: true, "reset")),
            (deletion(of: "b"), .reply(204)),
        ])
        var waiting = try ["a", "b", "c"].map { try TokenID($0) }
        var outcomes: [String] = []
        scene.cloud.deleteTokens(
            connections: 2,
            next: { waiting.isEmpty ? nil : waiting.removeFirst() },
            completed: { id, result in
                switch result {
                case .success: outcomes.append("\(id) revoked")
                case .failure(let error):
                    outcomes.append("\(id) \(error.summary)")
                    if error.status == 503 { waiting.append(id) }
                }
            }
        )
        #expect(outcomes == ["a revoked", "b status 503", "c reset", "b revoked"])
        #expect(scene.transport.mostAtOnce == 2)
        #expect(scene.transport.finish() == [])
    }

    @Test func `a token that is given twice is told of twice`() throws {
        let scene = try Scene([(deletion(of: "a"), .reply(204)), (deletion(of: "a"), .reply(404))])
        var waiting = try [TokenID("a"), TokenID("a")]
        var told = 0
        scene.cloud.deleteTokens(
            connections: 2,
            next: { waiting.popLast() },
            completed: { _, _ in told += 1 }
        )
        #expect(told == 2)
        #expect(scene.transport.finish() == [])
    }

    @Test func `deletions for which there is no time left are reported and not sent`() throws {
        let scene = try Scene([(deletion(of: "a"), .reply(204))])
        scene.transport.underWay = { [time = scene.time] _ in time.advance(by: .seconds(120)) }
        var waiting = try ["a", "b", "c"].map { try TokenID($0) }
        var outcomes: [String] = []
        scene.cloud.deleteTokens(
            connections: 1,
            next: { waiting.isEmpty ? nil : waiting.removeFirst() },
            completed: { id, result in
                switch result {
                case .success: outcomes.append("\(id) revoked")
                case .failure(let error): outcomes.append("\(id) \(error.summary)")
                }
            }
        )
        #expect(outcomes == ["a revoked", "b the deadline has passed", "c the deadline has passed"])
        #expect(scene.transport.finish() == [])
    }
}
