import CloudEmulator
import HTTPTransport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Replies that are larger than a request accepts.
@Suite struct LimitTests {
    private func tooLarge(_ cloud: CloudEmulator, _ limit: Int) -> TransportError {
        TransportError(
            .replyTooLarge,
            requestMayHaveArrived: true,
            detail: "the reply from \(cloud.authority) exceeds the limit of \(limit) bytes"
        )
    }

    private func cloud(chunked: Bool) throws -> CloudEmulator {
        var configuration = Configuration()
        configuration.chunkedReplies = chunked
        return try CloudEmulator(configuration)
    }

    @Test(arguments: [false, true])
    func `a body of as many bytes as it may have is taken, one more is not`(chunked: Bool) throws {
        let cloud = try cloud(chunked: chunked)
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        let body = String(repeating: "x", count: 2500)
        cloud.misbehave(.status(200, body: body), .status(200, body: body + "x", nth: 2))

        #expect(try client.send(cloud.request(replyLimit: 2500)).text == body)
        #expect(client.failure(of: cloud.request(replyLimit: 2500)) == tooLarge(cloud, 2500))
    }

    @Test(arguments: [false, true])
    func `a body of two gibibytes is given up, and takes no memory`(chunked: Bool) throws {
        let cloud = try cloud(chunked: chunked)
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.endlessBytes = 2 << 30 })
        let before = peakMemory()
        #expect(try Client(trusting: cloud).failure(of: cloud.request()) == tooLarge(cloud, 1 << 20))
        #expect(peakMemory() - before < 256 << 20)
    }

    enum Head: String, CaseIterable {
        case manyFields, longField, manyInterimReplies

        var text: String {
            let field = "X-Filler: \(String(repeating: "x", count: 1000))\r\n"
            switch self {
            case .manyFields: return "HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 300)
            case .longField: return "HTTP/1.1 200 OK\r\nX-Filler: " + String(repeating: "x", count: 300_000)
            case .manyInterimReplies:
                return String(repeating: "HTTP/1.1 103 Early Hints\r\n\(field)\r\n", count: 300)
            }
        }
    }

    @Test(arguments: Head.allCases)
    func `a head without end is given up`(head: Head) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour { $0.raw = head.text })
        #expect(
            try Client(trusting: cloud).failure(of: cloud.mint())
                == TransportError(
                    .replyTooLarge,
                    requestMayHaveArrived: true,
                    detail: "the header fields from \(cloud.authority) exceed the limit of 262144 bytes"
                )
        )
    }

    @Test func `after a reply that was too large the next request is served`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        cloud.misbehave(Misbehaviour { $0.endlessBytes = 2 << 30 })
        #expect(client.failure(of: cloud.request())?.failure == .replyTooLarge)
        #expect(try client.send(cloud.request()).status == 200)
    }
}

/// The most memory that this process ever had, in bytes.
private func peakMemory() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
    #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
    #endif
}
