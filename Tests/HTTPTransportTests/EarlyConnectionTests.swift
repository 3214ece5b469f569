import CloudEmulator
import HostSystem
import Testing

@testable import HTTPTransport

/// A connection that is made before its request is sent.
@Suite struct EarlyConnectionTests {
    private let cloud: CloudEmulator
    private let signals = ManualSignals()

    init() throws {
        cloud = try CloudEmulator()
    }

    private func client() throws -> Client {
        try Client(trusting: cloud, clock: signals.clock, interruption: signals.interruption)
    }

    /// A client that is connected for a mint of which nothing was sent.
    private func connected() throws -> Client {
        let client = try client()
        client.transport.connect(for: cloud.mint())
        #expect(cloud.wait { $0.handshakes == 1 })
        return client
    }

    @Test func `nothing is sent before the request is given, and then over that connection`() throws {
        defer { cloud.stop() }
        let client = try connected()
        #expect(cloud.requests == [] && client.trace == [])
        #expect(try client.send(cloud.mint()).status == 200)
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.requests.map(\.method) == ["POST", "GET"])
        #expect(cloud.report.handshakes == 1)
        #expect(client.trace.count == 2)
    }

    @Test func `another request goes over another connection, and the first is never sent`() throws {
        defer { cloud.stop() }
        let client = try connected()
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.requests.map(\.method) == ["GET"])
        #expect(cloud.report.handshakes == 2)
        #expect(cloud.wait { $0.openConnections == 1 })
    }

    @Test func `what differs in a byte is another request`() throws {
        defer { cloud.stop() }
        let client = try connected()
        let other = cloud.request("POST", "/api/user/tokens", body: #"{"description":"two","expires":0}"#)
        #expect(try client.send(other).status == 200)
        #expect(cloud.tokens(.minted).map(\.description) == ["two"])
        #expect(cloud.report.handshakes == 2)
    }

    @Test func `a request that is never given is never sent`() throws {
        defer { cloud.stop() }
        _ = try connected()
        #expect(cloud.wait { $0.openConnections == 0 })
        #expect(cloud.requests == [])
    }

    @Test func `a connection that has waited for too long is not used`() throws {
        defer { cloud.stop() }
        let client = try connected()
        signals.advance(by: EarlyConnection.longestWait)
        #expect(try client.send(cloud.mint()).status == 200)
        #expect(cloud.requests.count == 1)
        #expect(cloud.report.handshakes == 2)
    }

    @Test func `a connection of an earlier request makes another needless`() throws {
        defer { cloud.stop() }
        let client = try client()
        #expect(try client.send(cloud.request()).status == 200)
        client.transport.connect(for: cloud.mint())
        #expect(try client.send(cloud.mint()).status == 200)
        #expect(cloud.report.handshakes == 1)
    }

    @Test func `a failure is told when the request is sent, as always`() throws {
        defer { cloud.stop() }
        let port = ClosedPort()
        let request = HTTPRequest(method: "POST", url: "http://127.0.0.1:\(port.number)/")
        let usual = try client().failure(of: request)
        let client = try client()
        client.transport.connect(for: request)
        #expect(client.failure(of: request) == usual)
        #expect(usual?.failure == .connect)
        #expect(try client.send(cloud.mint()).status == 200)
    }

    @Test func `a request that cannot be sent is refused when it is sent`() throws {
        defer { cloud.stop() }
        let client = try client()
        let request = HTTPRequest(method: "GET", url: "http://example.com/")
        client.transport.connect(for: request)
        #expect(client.failure(of: request)?.failure == .refusedURL)
    }

    @Test func `a server that does not shake hands takes no more time than the request has`() throws {
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.connection = .hang })
        let client = try client()
        client.transport.connect(for: cloud.mint())
        #expect(cloud.wait { $0.misbehaviours == [1] })
        let error = client.failure(of: cloud.mint(timeout: .zero))
        #expect(error?.failure == .timeout && error?.requestMayHaveArrived == false)
        #expect(cloud.requests == [])
    }
}
