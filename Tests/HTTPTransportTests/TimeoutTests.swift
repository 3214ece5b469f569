import CloudEmulator
import HTTPTransport
import HostSystem
import TestBench
import Testing

/// Each request here waits in vain for a second, in which all that comes before the silence has its time.
@Suite(.ownThreads) struct TimeoutTests {
    private let patience: Duration = .seconds(1)

    private func timeout(arrived: Bool, _ detail: String) -> TransportError {
        TransportError(.timeout, requestMayHaveArrived: arrived, detail: detail + " within 1 s")
    }

    private func client() -> Client {
        Client(
            trust: TrustStore(
                environment: Environment([:]),
                system: .init(folders: [], bundles: ["/dev/null"]),
                reader: .patient
            )
        )
    }

    /// A client whose connection is there, so that nothing but the request takes its time.
    private func connected(to cloud: CloudEmulator) throws -> Client {
        let client = try Client(trusting: cloud)
        #expect(try client.send(cloud.request()).status == 200)
        return client
    }

    @Test(arguments: [false, true])
    func `a server that does not accept connections`(changing: Bool) {
        let server = SilentServer(isFull: true)
        let request = HTTPRequest(
            method: changing ? "POST" : "GET",
            url: "http://127.0.0.1:\(server.port)/",
            timeout: patience
        )
        #expect(client().failure(of: request) == timeout(arrived: false, "cannot connect to 127.0.0.1:\(server.port)"))
    }

    @Test func `a server that does not shake hands`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.connection = .hang })
        #expect(
            try Client(trusting: cloud).failure(of: cloud.mint(timeout: patience))
                == timeout(arrived: false, "cannot make a TLS connection to \(cloud.authority)")
        )
        #expect(cloud.requests == [])
    }

    @Test(arguments: [false, true], [false, true])
    func `a server that does not reply`(changing: Bool, acting: Bool) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try connected(to: cloud)
        cloud.misbehave(.hold(acting: acting))
        #expect(
            client.failure(of: cloud.request(changing: changing, timeout: patience))
                == timeout(arrived: true, "\(cloud.authority) did not send a complete reply")
        )
        #expect(cloud.wait { $0.openConnections == 0 })
        #expect(cloud.liveTokens.count == (changing && acting ? 1 : 0))
    }

    @Test(arguments: [false, true])
    func `a reply that comes byte by byte does not prolong the time`(changing: Bool) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try connected(to: cloud)
        cloud.misbehave(Misbehaviour { $0.dripMs = 50 })
        #expect(
            client.failure(of: cloud.request(changing: changing, timeout: patience))
                == timeout(arrived: true, "\(cloud.authority) did not send a complete reply")
        )
    }

    @Test func `a reply that is slow but in time`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.delayBeforeMs = 50 })
        #expect(try Client(trusting: cloud).send(cloud.request()).status == 200)
    }

    @Test func `after a time-out the next request is served`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(.hold(acting: false))
        #expect(client.failure(of: cloud.request(timeout: patience))?.failure == .timeout)
        #expect(try client.send(cloud.request()).status == 200)
    }
}
