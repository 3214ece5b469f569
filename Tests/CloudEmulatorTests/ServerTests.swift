import CloudEmulator
import Testing

/// HTTP as the emulator speaks it.
@Suite struct ServerTests {
    @Test func `a connection carries many requests, also before their replies`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let wire = Wire(cloud)
        wire.send(cloud.request("GET", "/api/user") + cloud.request("POST", "/api/user/tokens", body: "{}"))
        wire.send(cloud.request("GET", "/api/user"))
        #expect((0..<3).map { _ in wire.reply()?.status } == [200, 400, 200])
        #expect(cloud.requests.map(\.connection) == [1, 1, 1])
        #expect(cloud.report.connections == 1)
    }

    @Test(arguments: ["HTTP/1.1|Connection: close", "HTTP/1.0|X: y"])
    func `a client that wants the end gets it`(form: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let parts = form.split(separator: "|")
        let wire = Wire(cloud)
        wire.send("GET /api/user \(parts[0])\r\n\(parts[1])\r\n\r\n")
        #expect(wire.reply()?.status == 401)
        #expect(wire.rest() == [])
    }

    @Test func `a body may come in chunks, and in pieces`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let wire = Wire(cloud)
        wire.send("POST /api/user/tokens HTTP/1.1\r\nAuthorization: token \(cloud.parentToken())\r\n")
        wire.send("Content-Type: Application/JSON ; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send("11\r\n{\"description\":\"o\r\n4;x=y\r\nne\"}\r\n0\r\nX-Trailer: z\r\n\r\n")
        #expect(wire.reply()?.status == 200)
        #expect(cloud.tokens(.minted).map(\.description) == ["one"])
    }

    @Test func `a client that asks for leave gets it`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let wire = Wire(cloud)
        let body = #"{"description":"one"}"#
        let request = cloud.request("POST", "/api/user/tokens", body: body, fields: ["Expect: 100-continue"])
        wire.send(String(request.dropLast(body.count)))
        #expect(wire.reply()?.status == 100)
        wire.send(body)
        #expect(wire.reply()?.status == 200)
    }

    @Test(arguments: [
        ("GET /api/user\r\n\r\n", 400), ("GET api HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nno field\r\n\r\n", 400), ("\u{16}\u{3}\u{1}", 400),
        ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400), ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000001\r\n", 413),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 70_000), 431),
    ])
    func `what is not a request ends the connection`(text: String, status: Int) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let wire = Wire(cloud)
        wire.send(text)
        #expect(wire.reply()?.status == status)
        #expect(wire.rest() == [])
        #expect(cloud.requests == [])
    }

    @Test func `a reply may come in chunks`() throws {
        let cloud = try CloudEmulator.plain { $0.chunkedReplies = true }
        defer { cloud.stop() }
        cloud.plant(Seed(count: 100))
        let reply = cloud.ask("GET", "/api/user/tokens")
        #expect(reply?["Transfer-Encoding"] == "chunked")
        #expect(reply?["Content-Length"] == nil)
        #expect(reply?.json?["tokens"]?.elements.count == 100)
        #expect(cloud.ask("DELETE", "/api/user/tokens/\(cloud.tokens(.minted)[0].id)")?["Transfer-Encoding"] == nil)
    }

    @Test func `the end of the server ends every connection, idle, waiting or in its handshake`() throws {
        let cloud = try CloudEmulator.plain()
        let idle = Wire(cloud)
        idle.send(cloud.request("GET", "/api/user"))
        #expect(idle.reply()?.status == 200)
        cloud.misbehave(.hold(acting: false))
        let waiting = Wire(cloud)
        waiting.send(cloud.request("GET", "/api/user"))
        #expect(cloud.wait { $0.requests == 2 })
        cloud.misbehave(Misbehaviour { $0.connection = .hang })
        let hanging = Wire(cloud)
        #expect(cloud.wait { $0.misbehaviours == [1, 1] })
        cloud.stop()
        cloud.stop()
        for wire in [idle, waiting, hanging] { #expect(wire.rest() == []) }
        #expect(cloud.report.openConnections == 0)

        let encrypted = try CloudEmulator()
        let silent = Wire(encrypted)
        silent.send("\u{16}")
        #expect(encrypted.wait { $0.pendingHandshakes == 1 })
        encrypted.stop()
        #expect(silent.rest() == [])
        #expect(encrypted.report.failedHandshakes == 1)
    }

    @Test func `two servers never share a port`() throws {
        let clouds = try (0..<20).map { _ in try CloudEmulator.plain() }
        defer { for cloud in clouds { cloud.stop() } }
        #expect(Set(clouds.map(\.port)).count == 20)
        let taken = clouds[0].port
        #expect(throws: EmulatorError.self) { try CloudEmulator(port: taken) }
    }
}
