import CloudEmulator
import HTTPTransport
import Testing

/// How connections are kept, used again and given up.
@Suite struct ConnectionTests {
    @Test func `requests one after another share a connection and a handshake`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        for _ in 0..<5 {
            #expect(try client.send(cloud.request()).status == 200)
            #expect(try client.send(cloud.mint()).status == 200)
        }
        #expect(cloud.report.requests == 10)
        #expect(cloud.report.connections == 1)
        #expect(cloud.report.handshakes == 1)
    }

    @Test func `a new connection resumes the TLS session of an earlier one`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(Misbehaviour { $0.headers = ["Connection": "close"] })
        #expect(try client.send(cloud.request()).status == 200)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.report.connections == 2)
        #expect(cloud.report.resumedHandshakes == 1)
    }

    @Test(arguments: [1, 3, 8])
    func `no more connections than allowed are open at once`(connections: Int) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        // Each waits a little, so that the next one needs another connection.
        cloud.misbehave(Misbehaviour(times: 0) { $0.delayBeforeMs = 5 })
        let requests = (0..<24).map { cloud.request("GET", path(number: $0)) }
        let outcomes = client.sendAll(requests, connections: connections)

        #expect(outcomes.count == 24)
        #expect(outcomes.allSatisfy { (try? $0.outcome.get().status) == 404 })
        #expect(Set(outcomes.map(\.request.url)) == Set(requests.map(\.url)))
        #expect(cloud.report.peakConnections == connections)
        #expect(cloud.report.connections == connections)
    }

    @Test func `a failure among many requests leaves the others alone`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(.close(.beforeActing, path: "*/3"))
        let requests = (0..<12).map { cloud.request("POST", path(number: $0)) }
        let failed = client.sendAll(requests, connections: 4).filter { (try? $0.outcome.get()) == nil }
        #expect(failed.map(\.request.url) == [requests[3].url])
    }

    @Test func `the caller is asked for the next request after each reply`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        var waiting = [cloud.request()]
        var replies = 0
        client.transport.send(
            connections: 2,
            next: { waiting.popLast() },
            completed: { _, _ in
                replies += 1
                if replies < 5 { waiting.append(cloud.request()) }
            }
        )
        #expect(replies == 5)
    }

    /// A connection that was used once, and that the server has closed since.
    private func clientWithClosedConnection(to cloud: CloudEmulator) throws -> Client {
        let client = try Client(trusting: cloud)
        // The whole reply, and then the end of the connection.
        cloud.misbehave(Misbehaviour { $0.cutAfter = 1 << 20 })
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.wait { $0.openConnections == 0 })
        return client
    }

    @Test func `a read finds an idle connection closed, and is sent over a new one`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try clientWithClosedConnection(to: cloud)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.requests.map(\.connection) == [1, 2])
    }

    @Test func `a change that finds an idle connection closed is never sent again`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try clientWithClosedConnection(to: cloud)
        let error = client.failure(of: cloud.mint())
        #expect(error?.failure == .connectionLost)
        #expect(error?.requestMayHaveArrived == true)
        #expect(cloud.requests.map(\.method) == ["GET"])
        // Whoever asked decides.
        #expect(try client.send(cloud.mint()).status == 200)
    }

    @Test func `a read that a reused connection swallowed is sent again`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(.close(.beforeActing, nth: 2))
        #expect(try client.send(cloud.request()).status == 200)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.requests.map(\.connection) == [1, 1, 2])
    }

    @Test(arguments: [Misbehaviour.close(.beforeActing, nth: 2), .close(.afterActing, nth: 2)])
    func `a change that a reused connection swallowed is never sent again`(misbehaviour: Misbehaviour) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(misbehaviour)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(
            client.failure(of: cloud.mint())
                == TransportError(
                    .connectionLost,
                    requestMayHaveArrived: true,
                    detail: "the connection to \(cloud.authority) was lost before its reply was complete"
                )
        )
        #expect(cloud.requests.map(\.method) == ["GET", "POST"])
    }

    @Test func `a child process inherits no connection`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(connectionsAreKeptFromChildren(to: cloud.port) == [true])
    }

    private func path(number: Int) -> String { "/api/user/nothing/\(number)" }
}
