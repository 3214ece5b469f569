import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import Testing

@testable import TokenLifecycle

/// What a sweep finds in the cloud's list, spares and revokes.
@Suite(.ownThreads) struct SweepTests {
    private func tag(_ index: Int, run: String = "run") -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: index >> (8 * place)) }
        let fixed = bytes
        return Description(text: "job", nonce: Nonce(from: Randomness { _ in fixed }), run: RunTag(hashing: run)).whole
    }

    private func sweep(
        _ stage: Stage,
        _ spared: SparedTokens = SparedTokens(isOwnKnown: true),
        of kind: TokenKind = .personal
    ) throws -> Sweep {
        Sweep(
            cloud: try stage.access().cloud,
            kind: kind,
            reason: nil,
            retrying: stage.retrying,
            budget: stage.budget(),
            now: stage.context.clock.unixTime(),
            spared: spared
        )
    }

    private func outcomes(_ entries: [Sweep.Entry]) -> [String: Int] {
        entries.reduce(into: [:]) { $0[$1.outcome.rawValue, default: 0] += 1 }
    }

    @Test func `a run's tokens are swept, nobody else's`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for (index, run) in ["run", "other", "run"].enumerated() { cloud.plant(description: tag(index, run: run)) }
        cloud.plant(description: "by hand")
        cloud.plant(description: tag(9) + " (copy)")
        let entries = try sweep(stage).run(.run(RunTag(hashing: "run")), isDryRun: false) {
            _,
            _ in
        }
        #expect(outcomes(entries) == ["revoked": 2])
        #expect(cloud.tokens.map(\.id) == ["t-2", "t-4", "t-5"])
    }

    @Test func `age counts from the creation`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for (index, age) in [3599, 3600, 90_000].enumerated() { cloud.plant(description: tag(index), age: Int64(age)) }
        let entries = try sweep(stage).run(.olderThan(3600), isDryRun: true) { _, _ in }
        #expect(entries.map(\.token.id.rawValue) == ["t-2", "t-3"])
        #expect(outcomes(entries) == ["would-revoke": 2])
        #expect(cloud.tokens.count == 3)
    }

    @Test func `age is counted in the server's time, however far ahead this machine is`() throws {
        let stage = try Stage(offset: -200_000)
        let cloud = stage.cloud
        for (index, age) in [3599, 3600].enumerated() { cloud.plant(description: tag(index), age: Int64(age)) }
        let entries = try sweep(stage).run(.olderThan(3600), isDryRun: true) { _, _ in }
        #expect(entries.map(\.token.id.rawValue) == ["t-2"])
    }

    @Test func `what is spared is neither asked for nor revoked`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for index in 0..<3 { cloud.plant(description: tag(index)) }
        let spared = SparedTokens([try TokenID("t-2")], isOwnKnown: true)
        let entries = try sweep(stage, spared).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(outcomes(entries) == ["revoked": 2, "spared": 1])
        #expect(cloud.tokens.map(\.id) == ["t-2"])
    }

    @Test func `a credential that could be one of the swept refuses to sweep`() throws {
        // Whoever lists uses it in this very second, each time.
        let stage = try Stage()
        let cloud = stage.cloud
        cloud.plant(description: tag(0), lastUsed: VirtualClock.start + 999_999)
        #expect(throws: Sweep.Failure.self) {
            try sweep(stage, SparedTokens(isOwnKnown: false)).run(.olderThan(0), isDryRun: false) { _, _ in }
        }
        #expect(cloud.tokens.count == 1)
    }

    @Test func `another job that used its token a moment ago does not stop the sweep`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        cloud.plant(description: tag(0), lastUsed: VirtualClock.start)
        let entries = try sweep(stage, SparedTokens(isOwnKnown: false)).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(outcomes(entries) == ["revoked": 1])
    }

    @Test func `a hundred thousand tokens are listed page by page`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for index in 0..<100_000 { cloud.plant(description: index % 100 == 0 ? tag(index) : "by hand") }
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: true) { _, _ in }
        #expect(entries.count == 1000)
        #expect(cloud.requests.count == 100)
    }

    private static let others: [(kind: TokenKind, place: String)] = [
        (.team("platform", organization: "acme"), "/api/orgs/acme/teams/platform/tokens"),
        (.organization("acme"), "/api/orgs/acme/tokens"),
    ]

    @Test(arguments: others)
    func `many tokens of a team or an organization are listed page by page, and all that are due revoked`(
        kind: TokenKind,
        place: String
    ) throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for index in 0..<20_000 { cloud.plant(description: index % 20 == 0 ? tag(index) : "by hand", in: place) }
        for index in 0..<10 { cloud.plant(description: tag(index)) }
        let entries = try sweep(stage, of: kind).run(.olderThan(0), isDryRun: true) { _, _ in }
        #expect(entries.count == 1000 && cloud.requests.count == 20)
        let few = try Stage(limit: .init(count: 50, seconds: 10))
        for index in 0..<120 { few.cloud.plant(description: tag(index), in: place) }
        #expect(outcomes(try sweep(few, of: kind).run(.olderThan(0), isDryRun: false) { _, _ in }) == ["revoked": 120])
        #expect(few.cloud.tokens.isEmpty && few.cloud.requests.count <= 124)
    }

    @Test func `a token that is listed on two pages is swept once`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        cloud.plant(description: tag(0))
        let row = #"{"id":"t-1","description":"\#(tag(0))"}"#
        cloud.answer("GET", with: .reply(200, "{\"tokens\":[\(row)],\"continuationToken\":\"0\"}"))
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(entries.map(\.outcome) == [.revoked])
        #expect(cloud.requests.count == 3)
    }

    @Test func `a list that repeats itself is no complete one`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        let page = StubTransport.Reply.reply(200, #"{"tokens":[],"continuationToken":"again"}"#)
        for _ in 0..<2 { cloud.answer("GET", with: page) }
        #expect(throws: CloudError.self) {
            try TokenListing(of: try stage.access().cloud, .personal, retrying: stage.retrying).tokens { _ in true }
        }
        #expect(cloud.requests.count == 2)
    }

    @Test func `a server that says stop is asked no more until the time that it names`() throws {
        let stage = try Stage(limit: .init(count: 50, seconds: 10))
        let cloud = stage.cloud
        for index in 0..<120 { cloud.plant(description: tag(index)) }
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(outcomes(entries) == ["revoked": 120])
        // One list, 120 deletions, and one refusal each time that the limit was reached.
        #expect(cloud.requests.count <= 124)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `the pauses grow only while nothing is done`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for index in 0..<4 { cloud.plant(description: tag(index)) }
        let unavailable = StubTransport.Reply.reply(503, #"{"code":503}"#)
        for id in ["t-1", "t-1", "t-2", "t-3"] {
            cloud.answer("DELETE /api/user/tokens/\(id)", with: unavailable)
        }
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(outcomes(entries) == ["revoked": 4])
        // Half of 2 seconds, of 4 after a round for nothing, and of 2 again after each that got on.
        #expect(stage.time.pauses == [1, 2, 1, 1].map { .seconds($0) })
    }

    @Test func `what fails is told of each token, and the rest is done`() throws {
        let stage = try Stage()
        let cloud = stage.cloud
        for index in 0..<3 { cloud.plant(description: tag(index)) }
        cloud.answer("DELETE /api/user/tokens/t-2", with: .reply(403, #"{"code":403,"message":"not this one"}"#))
        var progress: [Int] = []
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: false) { done, _ in
            progress.append(done)
        }
        #expect(entries.map(\.outcome) == [.revoked, .failed, .revoked])
        #expect(entries[1].error == "status 403: not this one")
        #expect(progress == [1, 2, 3])
    }

    @Test func `the end of the time leaves the rest as failed`() throws {
        let stage = try Stage(limit: .init(count: 3, seconds: 600))
        let cloud = stage.cloud
        for index in 0..<5 { cloud.plant(description: tag(index)) }
        let entries = try sweep(stage).run(.olderThan(0), isDryRun: false) { _, _ in }
        #expect(outcomes(entries) == ["revoked": 2, "failed": 3])
        #expect(cloud.tokens.count == 3)
    }
}
