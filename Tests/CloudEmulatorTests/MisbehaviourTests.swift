import CloudEmulator
import Testing

/// What goes wrong on demand.
@Suite struct MisbehaviourTests {
    private func reply(_ misbehaviour: Misbehaviour, chunked: Bool = false) throws -> (WireReply?, live: Int) {
        let cloud = try CloudEmulator.plain { $0.chunkedReplies = chunked }
        defer { cloud.stop() }
        cloud.misbehave(misbehaviour)
        let reply = cloud.mint()
        return (reply, cloud.liveTokens.count)
    }

    @Test(arguments: [(false, 0), (true, 1)])
    func `a status of its own, with the effect or without`(acting: Bool, live: Int) throws {
        let misbehaviour = Misbehaviour.status(503, headers: ["Retry-After": "2"], body: "busy", acting: acting)
        let (reply, count) = try reply(misbehaviour)
        #expect(reply?.status == 503)
        #expect(reply?["Retry-After"] == "2")
        #expect(reply?.text == "busy")
        #expect(reply?["Date"] != nil)
        #expect(count == live)
    }

    @Test func `a status alone has no effect and no body`() throws {
        let (reply, live) = try reply(Misbehaviour { $0.status = 500 })
        #expect(reply?.status == 500)
        #expect(reply?["Content-Length"] == "0")
        #expect(live == 0)
    }

    @Test(arguments: [
        (Misbehaviour.close(.beforeActing), 0), (.close(.afterActing), 1), (.reset(.beforeActing), 0),
        (.reset(.afterActing), 1), (Misbehaviour { $0.cutAfter = 0 }, 1),
    ])
    func `the connection ends without a reply`(misbehaviour: Misbehaviour, live: Int) throws {
        let (reply, count) = try reply(misbehaviour)
        #expect(reply == nil)
        #expect(count == live)
    }

    @Test func `a reset is told apart from a close`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(.reset(.afterActing), .close(.afterActing, nth: 2))
        _ = cloud.mint()
        _ = cloud.mint()
        #expect(cloud.requests.map(\.status) == [0, 0])
        #expect(cloud.liveTokens.count == 2)
    }

    @Test func `a reply is cut within its head, or within its body`() throws {
        for (misbehaviour, text) in [
            (Misbehaviour { $0.cutAfter = 12 }, "HTTP/1.1 200"),
            (Misbehaviour { $0.raw = "garbage" }, "garbage"),
        ] {
            let cloud = try CloudEmulator.plain()
            defer { cloud.stop() }
            cloud.misbehave(misbehaviour)
            let wire = Wire(cloud)
            wire.send(cloud.request("GET", "/api/user"))
            #expect(String(decoding: wire.rest() ?? [], as: UTF8.self) == text)
        }
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.cutBodyAfter = 5 })
        let wire = Wire(cloud)
        wire.send(cloud.request("GET", "/api/user"))
        #expect(String(decoding: wire.rest() ?? [], as: UTF8.self).hasSuffix("\r\n\r\n{\"id\""))
    }

    @Test(arguments: [(Misbehaviour { $0.delayBeforeMs = 60_000 }, 0), (Misbehaviour { $0.delayAfterMs = 60_000 }, 1)])
    func `a delay before or after the effect ends with the server`(misbehaviour: Misbehaviour, live: Int) throws {
        let cloud = try CloudEmulator.plain()
        cloud.misbehave(misbehaviour)
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"one"}"#))
        #expect(cloud.wait { $0.requests == 1 && $0.liveTokens == live })
        cloud.stop()
        #expect(wire.rest() == [])
        #expect(cloud.liveTokens.count == live)
    }

    @Test(arguments: [(Misbehaviour.stall(.beforeActing), 0), (.stall(.afterActing), 1)])
    func `a request waits before or after its effect until it is released`(misbehaviour: Misbehaviour, live: Int) throws
    {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(misbehaviour)
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"one"}"#))
        #expect(cloud.wait { $0.misbehaviours == [1] && $0.liveTokens == live })
        #expect(cloud.requests.map(\.status) == [live == 0 ? 0 : 200])
        cloud.release()
        #expect(wire.reply()?.status == 200)
        #expect(cloud.liveTokens.count == 1)
    }

    @Test func `a request that nobody releases ends with the server`() throws {
        let cloud = try CloudEmulator.plain()
        cloud.misbehave(.stall(.beforeActing))
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"one"}"#))
        #expect(cloud.wait { $0.misbehaviours == [1] })
        cloud.stop()
        #expect(wire.rest() == [])
        #expect(cloud.tokens(.minted).isEmpty)
    }

    @Test func `a reply that comes byte by byte is whole`() throws {
        let (reply, live) = try reply(Misbehaviour { $0.dripMs = 1 })
        #expect(reply?.json?["id"] != nil)
        #expect(live == 1)
    }

    @Test func `no reply comes until the client leaves`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(.hold(acting: true))
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"one"}"#))
        #expect(cloud.wait { $0.liveTokens == 1 })
        #expect(cloud.report.openConnections == 1)
        wire.finish()
        #expect(wire.rest() == [])
        #expect(cloud.wait { $0.openConnections == 0 })
    }

    @Test(arguments: [false, true])
    func `a body without end has as many bytes as it says`(chunked: Bool) throws {
        let (reply, live) = try reply(Misbehaviour { $0.endlessBytes = 200_001 }, chunked: chunked)
        #expect(reply?.body.count == 200_001)
        #expect(reply?["Content-Length"] == (chunked ? nil : "200001"))
        #expect(live == 1)
    }

    @Test func `a redirection, without the effect`() throws {
        let (reply, live) = try reply(Misbehaviour { $0.redirect = "https://example.invalid/" })
        #expect(reply?.status == 302)
        #expect(reply?["Location"] == "https://example.invalid/")
        #expect(live == 0)
    }

    @Test func `members and fields are replaced or left out`() throws {
        var misbehaviour = Misbehaviour.members(["id": .integer(7), "tokenValue": nil, "more": .null])
        misbehaviour.headers = ["Date": "never", "X-Pulumi-Warning": "old"]
        misbehaviour.withoutHeaders = ["x-pulumi-request-id"]
        let (reply, live) = try reply(misbehaviour)
        #expect(reply?.text == #"{"id":7,"more":null}"#)
        #expect(reply?["Date"] == "never")
        #expect(reply?["X-Pulumi-Warning"] == "old")
        #expect(reply?["X-Pulumi-Request-ID"] == nil)
        #expect(live == 1)
    }

    @Test func `a page of HTML in place of the API`() throws {
        let (reply, live) = try reply(.htmlPage(acting: false))
        #expect(reply?.status == 200)
        #expect(reply?["Content-Type"] == "text/html")
        #expect(reply?.text == "<!doctype html><title>Sign in</title>")
        #expect(live == 0)
    }

    @Test func `the clock jumps when the request arrives`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        cloud.misbehave(Misbehaviour { $0.advanceClock = 3600 })
        #expect(cloud.ask("GET", "/api/user")?["Date"] == "Fri, 15 Jan 2027 09:00:00 GMT")
    }

    @Test func `scripts meet the n-th matching request, and as many as they say`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(
            .status(500, method: "GET", nth: 2, times: 2),
            .status(501, path: "/api/*/tokens", nth: 2),
            .status(502, nth: 6, times: 0)
        )
        let statuses = [
            cloud.ask("GET", "/api/user"), cloud.mint(), cloud.ask("GET", "/api/user"), cloud.mint(),
            cloud.ask("GET", "/api/user"), cloud.ask("GET", "/api/user"), cloud.mint(),
        ].map { $0?.status }
        #expect(statuses == [200, 200, 500, 501, 500, 502, 502])
        #expect(cloud.report.misbehaviours == [2, 1, 2])
        cloud.behave()
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
    }

    @Test func `of two scripts the first wins, and both count`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(.status(500), .status(501), .status(502, nth: 2))
        #expect((0..<3).map { _ in cloud.ask("GET", "/api/user")?.status } == [500, 502, 200])
        #expect(cloud.report.misbehaviours == [1, 0, 1])
    }

    @Test(arguments: [Misbehaviour.ConnectionFault.close, .reset, .hang])
    func `a connection fails in place of a request`(fault: Misbehaviour.ConnectionFault) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour(nth: 2) { $0.connection = fault })
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        let wire = Wire(cloud)
        wire.send(cloud.request("GET", "/api/user"))
        wire.finish()
        #expect(wire.rest() == [])
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(cloud.requests.count == 2)
    }

    @Test func `a misspelt member is an error, so that no test passes because nothing went wrong`() throws {
        let script = try JSONValue(text: #"[{"status":500},{"statsu":500}]"#.utf8)
        let error = #expect(throws: UnknownMember.self) { try Misbehaviour.script(script) }
        #expect(error?.name == "statsu")
        #expect(throws: EmulatorError.self) { try Misbehaviour.script(.string("status")) }
    }

    @Test func `a script as JSON says the same as in Swift`() throws {
        let script = try JSONValue(
            text: #"{"method":"POST","path":"*","nth":2,"times":3,"close":"afterActing","members":{"id":null}}"#.utf8
        )
        #expect(
            try Misbehaviour.script(script) == [
                Misbehaviour(method: "POST", path: "*", nth: 2, times: 3) {
                    $0.close = .afterActing
                    $0.members = ["id": .null]
                }
            ]
        )
    }
}

/// Requests that have their effect when nobody expects it any more.
@Suite struct LateCommitTests {
    @Test func `a creation happens after its client has gone and a list was served`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(.lateCommit())
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"late"}"#))
        #expect(cloud.wait { $0.lateCommits == 1 })
        // The client still waits.
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains("late") == false)
        #expect(cloud.report.lateCommits == 1)

        wire.finish()
        #expect(wire.rest() == [])
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(cloud.report.lateCommits == 1)
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains("late") == false)
        #expect(cloud.report.lateCommits == 0)
        #expect(cloud.ask("GET", "/api/user/tokens")?.text.contains("late") == true)
        #expect(cloud.liveTokens.map(\.description) == ["late"])
    }

    @Test func `a test may let it happen at once`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.misbehave(.lateCommit())
        let wire = Wire(cloud)
        wire.send(cloud.request("POST", "/api/user/tokens", body: #"{"description":"late"}"#))
        #expect(cloud.wait { $0.lateCommits == 1 })
        #expect(cloud.commitLateRequests() == 1)
        #expect(cloud.liveTokens.count == 1)
        #expect(cloud.commitLateRequests() == 0)
    }
}
