import CloudEmulator
import HostSystem
import Testing

@testable import HTTPTransport

@Suite struct CrowdTests {
    @Test func `a connection that is ended halves the crowd, and many successes make room for one more`() {
        var crowd = Crowd()
        let rooms = (0..<6).map { _ in
            let room = crowd.room(for: 32)
            return (room, crowd.turnedAway(among: room))
        }
        #expect(rooms.map(\.0) == [32, 16, 8, 4, 2, 1])
        #expect(rooms.map(\.1) == [true, true, true, true, true, false])
        for _ in 1..<Crowd.patience { crowd.admitted() }
        #expect(crowd.room(for: 32) == 1)
        crowd.admitted()
        #expect(crowd.room(for: 32) == 2)
    }

    /// All that were under way were ended for one reason: it counts once.
    @Test func `those of one crowd that are ended together halve it once`() {
        var crowd = Crowd()
        for _ in 0..<31 { _ = crowd.turnedAway(among: 32) }
        #expect(crowd.room(for: 32) == 16)
    }

    @Test func `no crowd is smaller than one, and none larger than is wanted`() {
        var crowd = Crowd(limit: 0)
        #expect(crowd.room(for: 0) == 1)
        for _ in 0...2 * Crowd.patience { crowd.admitted() }
        #expect(crowd.room(for: 1) == 1)
    }

    @Test(arguments: [1, 3])
    func `three hundred requests reach a server that resets all but a few connections`(most: Int) throws {
        var configuration = Configuration()
        configuration.mostConnections = most
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let ids = cloud.plant(Seed(count: 300))
        var waiting = ids.map { cloud.request("DELETE", "/api/user/tokens/\($0)") }
        var statuses: [Int: Int] = [:]
        let client = try Client(trusting: cloud)
        client.transport.send(
            connections: 32,
            next: { waiting.popLast() },
            completed: { _, outcome in statuses[(try? outcome.get().status) ?? 0, default: 0] += 1 }
        )
        #expect(statuses == [204: 300])
        #expect(cloud.liveTokens.count == 0)
        #expect(cloud.report.connectionsTurnedAway > 0)
    }

    @Test func `a server that ends every connection is told of, once for each request`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(Misbehaviour(times: 0) { $0.connection = .reset })
        var waiting = (0..<40).map { cloud.request("DELETE", "/api/user/tokens/\($0)") }
        var failures: [TransportError.Failure] = []
        let client = try Client(trusting: cloud)
        client.transport.send(
            connections: 32,
            next: { waiting.popLast() },
            completed: { _, outcome in
                if case .failure(let error) = outcome { failures.append(error.failure) }
            }
        )
        #expect(failures.count == 40)
        // By the moment at which the client notices.
        #expect(failures.allSatisfy { $0 == .connect || $0 == .connectionLost })
    }
}
