import CloudEmulator
import HostSystem
import Testing

@testable import HTTPTransport

/// A signal that arrives while a request is under way.
///
/// A second request brings about what happens meanwhile, so that everything has its order.
@Suite struct InterruptionTests {
    private let signals = ManualSignals()
    private let cloud: CloudEmulator
    private let client: Client

    init() throws {
        cloud = try CloudEmulator()
        client = try Client(trusting: cloud, clock: signals.clock, interruption: signals.interruption)
    }

    /// Sends a request, and after it others; the outcome of the first.
    ///
    /// - Parameters:
    ///   - arrives: whether the first request gets to the server; nothing happens before.
    ///   - events: what happens when one of the others is done, and another one, …
    private func outcome(
        of request: HTTPRequest,
        arrives: Bool = true,
        while events: [() -> Void]
    ) -> Result<HTTPResponse, TransportError>? {
        var waiting = [request, quick]
        var events = events[...]
        var outcome: Result<HTTPResponse, TransportError>?
        let before = arrivals
        client.transport.send(
            connections: 2,
            next: { waiting.isEmpty ? nil : waiting.removeFirst() },
            completed: { done, result in
                guard done.url == quick.url else {
                    outcome = result
                    return
                }
                if !arrives || arrivals > before { events.popFirst()?() }
                if outcome == nil, !events.isEmpty { waiting.append(quick) }
            }
        )
        cloud.stop()
        return outcome
    }

    /// A reply that does not come before the end of the server.
    private func late(method: String? = nil, path: String? = nil) -> Misbehaviour {
        .stall(.beforeActing, method: method, path: path)
    }

    private var arrivals: Int { cloud.requests.count { $0.path != "/api/quick" } }

    private var quick: HTTPRequest { cloud.request("GET", "/api/quick") }

    private func interrupted(arrived: Bool) -> TransportError {
        TransportError(
            .interrupted,
            requestMayHaveArrived: arrived,
            detail: "the request to \(cloud.authority) was interrupted by a signal"
        )
    }

    @Test func `ends a read at once`() {
        cloud.misbehave(late(path: "/api/user"))
        let outcome = outcome(of: cloud.request(), while: [{ signals.raise(15) }])
        #expect(throws: interrupted(arrived: true)) { try outcome?.get() }
    }

    @Test func `lets a change go on for its grace, and no longer`() {
        cloud.misbehave(late(method: "POST"))
        var wasGoingOn = false
        let outcome = outcome(
            of: cloud.mint(),
            while: [
                { signals.raise(2) },
                { signals.advance(by: Interruption.requestGrace - .milliseconds(1)) },
                {
                    wasGoingOn = true
                    signals.advance(by: .milliseconds(1))
                },
            ]
        )
        #expect(wasGoingOn)
        #expect(throws: interrupted(arrived: true)) { try outcome?.get() }
    }

    @Test func `a change that is answered within its grace is done`() throws {
        cloud.misbehave(.stall(.afterActing, method: "POST"))
        let outcome = outcome(of: cloud.mint(), while: [{ signals.raise(1) }, { cloud.release() }])
        #expect(try outcome?.get().status == 200)
    }

    @Test func `a second signal takes nothing from the grace of the first`() throws {
        cloud.misbehave(.stall(.afterActing, method: "POST"))
        let outcome = outcome(
            of: cloud.mint(),
            while: [{ signals.raise(2) }, { signals.raise(15) }, { cloud.release() }]
        )
        #expect(try outcome?.get().status == 200)
    }

    @Test func `what was not sent yet did not arrive`() {
        let silent = SilentServer()
        var request = cloud.mint()
        request.url = "https://127.0.0.1:\(silent.port)/"
        let outcome = outcome(
            of: request,
            arrives: false,
            while: [{ signals.raise(15) }, { signals.advance(by: Interruption.requestGrace) }]
        )
        #expect(
            throws: TransportError(
                .interrupted,
                requestMayHaveArrived: false,
                detail: "the request to 127.0.0.1:\(silent.port) was interrupted by a signal"
            )
        ) { try outcome?.get() }
    }

    @Test(arguments: [false, true])
    func `what is begun after the signal may undo, as long as that may take`(changing: Bool) {
        signals.raise(15)
        #expect((try? client.send(cloud.request(changing: changing)).status) == 200)
        cloud.misbehave(late(path: "/api/user*"))
        var wasGoingOn = false
        let outcome = outcome(
            of: cloud.request(changing: changing),
            while: [
                { signals.advance(by: Interruption.grace - .milliseconds(1)) },
                {
                    wasGoingOn = true
                    signals.advance(by: .milliseconds(1))
                },
            ]
        )
        #expect(wasGoingOn)
        #expect(throws: interrupted(arrived: true)) { try outcome?.get() }
    }
}

@Suite struct RequestLimitTests {
    private let begun: Duration = .seconds(100)

    @Test(
        arguments: [
            (true, nil, 130, .timeout),
            (false, nil, 130, .timeout),
            // Under way when the signal came.
            (true, 110, 110, .interrupted),
            (false, 110, 112.5, .interrupted),
            (false, 129, 130, .timeout),
            (false, 127.5, 130, .timeout),
            (true, 130, 130, .timeout),
            // Begun after it.
            (true, 100, 105, .interrupted),
            (false, 99, 104, .interrupted),
            (false, 40, 45, .interrupted),
        ] as [(Bool, Double?, Double, TransportError.Failure)]
    )
    func `a request ends by its own time or by the signal's`(
        isSafe: Bool,
        signal: Double?,
        end: Double,
        by failure: TransportError.Failure
    ) {
        let limit = RequestLimit(begun: begun, timeout: .seconds(30), isSafe: isSafe)
        let result = limit.end(afterSignalAt: signal.map { .seconds($0) })
        #expect(result.moment == .seconds(end))
        #expect(result.by == failure)
    }

    @Test(arguments: [(Duration.seconds(30), Duration.seconds(10)), (.milliseconds(200), .milliseconds(200))])
    func `a handshake gets ten seconds at most`(timeout: Duration, connecting: Duration) {
        #expect(RequestLimit(begun: begun, timeout: timeout, isSafe: true).connecting == connecting)
    }
}
