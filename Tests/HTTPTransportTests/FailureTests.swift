import CloudEmulator
import HTTPTransport
import HostSystem
import TestBench
import Testing

/// Connections that break, before and after the request went out.
@Suite struct FailureTests {
    private func failure(
        _ misbehaviour: Misbehaviour,
        changing: Bool
    ) throws -> (error: TransportError?, authority: String, live: Int) {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(misbehaviour)
        let error = try Client(trusting: cloud).failure(of: cloud.request(changing: changing))
        return (error, cloud.authority, cloud.liveTokens.count)
    }

    private let untrusting = Client(
        trust: TrustStore(
            environment: Environment([:]),
            system: .init(folders: [], bundles: ["/dev/null"]),
            reader: .patient
        )
    )

    @Test func `nobody listens`() {
        let port = ClosedPort()
        #expect(
            untrusting.failure(of: HTTPRequest(method: "POST", url: "http://127.0.0.1:\(port.number)/"))
                == TransportError(
                    .connect,
                    requestMayHaveArrived: false,
                    detail: "cannot connect to 127.0.0.1:\(port.number): connection refused"
                )
        )
    }

    @Test func `a name that no resolver knows`() {
        #expect(
            untrusting.failure(of: HTTPRequest(method: "POST", url: "https://\(unknownHost)/"))
                == TransportError(
                    .nameLookup,
                    requestMayHaveArrived: false,
                    detail: "cannot look up the name \(unknownHost)"
                )
        )
    }

    @Test func `the connection ends in place of a handshake`() throws {
        let (error, authority, _) = try failure(Misbehaviour(times: 0) { $0.connection = .close }, changing: true)
        #expect(
            error
                == TransportError(
                    .connectionLost,
                    requestMayHaveArrived: false,
                    detail: "the connection to \(authority) ended before the request was sent"
                )
        )
    }

    @Test func `the connection is reset in place of a handshake`() throws {
        let (error, authority, _) = try failure(Misbehaviour(times: 0) { $0.connection = .reset }, changing: true)
        // Whether the reset comes before the connection is there or after it is a matter of chance.
        let early = TransportError(
            .connect,
            requestMayHaveArrived: false,
            detail: "cannot connect to \(authority): connection reset by peer"
        )
        let late = TransportError(
            .connectionLost,
            requestMayHaveArrived: false,
            detail: "the connection to \(authority) ended before the request was sent"
        )
        #expect(error == early || error == late)
    }

    @Test(
        arguments: [
            Misbehaviour.reset(.beforeActing), .reset(.afterActing), .close(.beforeActing), .close(.afterActing),
        ],
        [false, true]
    )
    func `the connection ends in place of a reply`(misbehaviour: Misbehaviour, changing: Bool) throws {
        let (error, authority, live) = try failure(misbehaviour, changing: changing)
        #expect(
            error
                == TransportError(
                    .connectionLost,
                    requestMayHaveArrived: true,
                    detail: "the connection to \(authority) was lost before its reply was complete"
                )
        )
        let acted = misbehaviour.close == .afterActing || misbehaviour.reset == .afterActing
        #expect(live == (changing && acted ? 1 : 0))
    }

    @Test(arguments: [0, 1, 9, 12, 17, 40, 80])
    func `the reply ends within its head`(count: Int) throws {
        let (error, authority, live) = try failure(Misbehaviour { $0.cutAfter = count }, changing: true)
        #expect(
            error
                == TransportError(
                    .connectionLost,
                    requestMayHaveArrived: true,
                    detail: "the connection to \(authority) was lost before its reply was complete"
                )
        )
        #expect(live == 1)
    }

    @Test(arguments: [0, 1, 20], [false, true])
    func `the reply ends within its body`(count: Int, chunked: Bool) throws {
        var configuration = Configuration()
        configuration.chunkedReplies = chunked
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.cutBodyAfter = count })
        #expect(
            try Client(trusting: cloud).failure(of: cloud.mint())
                == TransportError(
                    .connectionLost,
                    requestMayHaveArrived: true,
                    detail: "the connection to \(cloud.authority) ended in the middle of the reply"
                )
        )
    }

    @Test(arguments: ["garbage\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc OK\r\n\r\n", "\0\u{1}\u{2}\r\n\r\n"])
    func `something else than HTTP comes back`(raw: String) throws {
        let (error, authority, _) = try failure(Misbehaviour { $0.raw = raw }, changing: true)
        #expect(
            error
                == TransportError(
                    .malformedReply,
                    requestMayHaveArrived: true,
                    detail: "the reply from \(authority) is not HTTP"
                )
        )
    }
}
