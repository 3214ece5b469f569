import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import Testing

@Suite struct RetryingTests {
    private let time = VirtualClock()
    private let lines = Lines()

    private func retrying(_ length: Duration = .seconds(120), random: Double = 0.5) -> Retrying {
        let lines = lines
        return Retrying(budget: time.budget(length), random: .fixed(random), trace: { lines.all.append($0) })
    }

    /// Fails with each error in turn, then succeeds; how often it was called.
    private func calls(of retrying: Retrying, failingWith errors: [CloudError]) -> (count: Int, error: CloudError?) {
        var count = 0
        let error = failure { () throws(CloudError) in
            try retrying.attempt("listing") { () throws(CloudError) in
                count += 1
                if count <= errors.count { throw errors[count - 1] }
            }
        }
        return (count, error)
    }

    private func status(_ status: Int, retryAfter: Duration? = nil) -> CloudError {
        .rejected(APIError(status: status, retryAfter: retryAfter))
    }

    private func seconds(_ seconds: Double...) -> [Duration] { seconds.map { .seconds($0) } }

    @Test func `the bound of the random pause doubles up to a cap`() {
        let (count, error) = calls(
            of: retrying(),
            failingWith: [status(408), status(425), status(502), status(500), status(503)]
        )
        #expect(count == 6)
        #expect(error == nil)
        #expect(time.pauses == seconds(1, 2, 4, 5, 5))
        #expect(lines.all.prefix(2) == ["listing failed: status 408", "trying again in 1.0 s"])
    }

    @Test func `a limiter that does not say when is left alone for minutes, after one quick attempt`() {
        _ = calls(of: retrying(.seconds(2000)), failingWith: Array(repeating: status(429), count: 5))
        #expect(time.pauses == seconds(1, 30, 60, 120, 150))
    }

    @Test func `a pause may be as short as nothing`() {
        _ = calls(of: retrying(random: 0), failingWith: [status(500), status(500)])
        #expect(time.pauses == [.zero, .zero])
    }

    @Test func `Retry-After is the least, and jitter spreads a herd above it`() {
        _ = calls(
            of: retrying(random: 0.25),
            failingWith: [status(429, retryAfter: .seconds(7)), status(503, retryAfter: .seconds(1))]
        )
        #expect(time.pauses == seconds(7.5, 2))
    }

    @Test func `a Retry-After beyond the deadline ends the attempts at once`() {
        let (count, error) = calls(of: retrying(), failingWith: [status(429, retryAfter: .seconds(121))])
        #expect(count == 1)
        #expect(error == status(429, retryAfter: .seconds(121)))
        #expect(time.pauses == [])
        #expect(lines.all.last == "no time for another attempt: it would come in 122.0 s")
    }

    @Test func `the deadline ends the attempts`() {
        let (count, error) = calls(
            of: retrying(.seconds(10)),
            failingWith: Array(repeating: status(500), count: 100)
        )
        #expect(count == 4)
        #expect(error == status(500))
        #expect(time.pauses == seconds(1, 2, 4))
    }

    @Test(arguments: [302, 400, 401, 403, 404, 409])
    func `what is refused for good is not repeated`(code: Int) {
        let (count, error) = calls(of: retrying(), failingWith: [status(code)])
        #expect(count == 1)
        #expect(error == status(code))
        #expect(time.pauses == [])
        #expect(lines.all == [])
    }

    @Test(arguments: [TransportError.Failure.nameLookup, .connect, .proxy])
    func `a server that was never reached is given up after six attempts`(kind: TransportError.Failure) {
        let lost = CloudError.transport(TransportError(kind, requestMayHaveArrived: false, detail: "d"))
        let (count, error) = calls(of: retrying(), failingWith: Array(repeating: lost, count: 100))
        #expect(count == 6)
        #expect(error == lost)
        #expect(lines.all.last == "giving up after 6 attempts")
    }

    @Test func `a signal ends the attempts without a pause`() {
        time.raise(15)
        let (count, error) = calls(of: retrying(), failingWith: [status(503)])
        #expect(count == 1)
        #expect(error == status(503))
        #expect(time.pauses == [])
    }

    @Test func `a signal during a pause ends the attempts`() {
        let retrying = retrying()
        var count = 0
        let error = failure { () throws(CloudError) in
            try retrying.attempt("listing") { () throws(CloudError) in
                count += 1
                throw status(503)
            }
        }
        #expect(error == status(503))
        #expect(count > 1)

        let interrupted = VirtualClock()
        let budget = interrupted.budget()
        let later = Retrying(budget: budget, random: .fixed(0.5), trace: { _ in interrupted.raise(2) })
        #expect(!later.pause(after: status(503), attempt: 0))
        #expect(interrupted.pauses.count == 1)
    }

    @Test func `a whole herd gets through a server that takes five a second`() {
        var generator = SplitMix(state: 42)
        var waiting = (0..<64).map { _ in (at: Double.random(in: 0..<0.3, using: &generator), attempt: 0) }
        var requests = 0
        var taken: [Int: Int] = [:]
        var end = 0.0
        while let first = waiting.indices.min(by: { waiting[$0].at < waiting[$1].at }) {
            let client = waiting.remove(at: first)
            (requests, end) = (requests + 1, client.at)
            let second = Int(client.at)
            guard taken[second, default: 0] >= 5 else {
                taken[second, default: 0] += 1
                continue
            }
            let clock = VirtualClock()
            let random = Randomness.fixed(Double.random(in: 0..<1, using: &generator))
            _ = Retrying(budget: clock.budget(), random: random, trace: { _ in })
                .pause(after: status(429, retryAfter: .seconds(1)), attempt: client.attempt)
            waiting.append((client.at + (clock.pauses.first ?? .zero) / .seconds(1), client.attempt + 1))
        }
        #expect(requests <= 256)
        #expect(end < 30)
    }
}

/// The same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        let mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        return (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    }
}
