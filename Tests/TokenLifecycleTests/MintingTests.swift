import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import Testing

@testable import TokenLifecycle

/// The order in which things happen is the promise: mask, record, request, mask, record, export, record.
@Suite struct MintingTests {
    private let time = VirtualClock()
    private let cloud: InMemoryCloud

    init() {
        cloud = InMemoryCloud(now: time.clock.unixTime)
    }

    private func mint(
        _ stage: Stage,
        _ order: MintOrder? = nil,
        export: @escaping (Minted) throws(Explanation) -> Void = { _ in }
    ) throws(LifecycleError) -> Minted {
        var lease = stage.lease()
        var minting = Minting(stage.tools)
        return try minting.mint(order ?? stage.order(), as: &lease) { minted throws(Explanation) in
            stage.journal.add("export")
            try export(minted)
        }
    }

    @Test func `the record comes before the request, and the export after mask and record`() throws {
        let stage = try Stage(cloud, time: time)
        let minted = try mint(stage)
        #expect(
            stage.journal.entries == ["record intent", "mask value-1", "record token t-1", "export", "record exported"]
        )
        #expect(cloud.requests == ["POST /api/user/tokens"])
        #expect(minted.id?.rawValue == "t-1" && minted.expires == VirtualClock.start + 600)
        let intent = stage.records.saved[0]
        let description = Description(parsing: cloud.tokens[0].description)
        #expect(description?.nonce == intent.unresolved[0].nonce)
        #expect(intent.unresolved[0].expires == VirtualClock.start + 600)
        #expect(stage.records.saved[1].unresolved == [])
    }

    @Test func `a lost reply is looked for by its nonce before another attempt with a fresh one`() throws {
        cloud.answer("POST", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        let stage = try Stage(cloud, time: time)
        let minted = try mint(stage)
        #expect(minted.id?.rawValue == "t-2")
        #expect(cloud.tokens.map(\.id) == ["t-2"])
        #expect(cloud.requests.map { String($0.prefix(4)) } == ["POST", "GET ", "DELE", "POST"])
        let nonces = Set(stage.records.saved.flatMap(\.unresolved).map(\.nonce))
        #expect(nonces.count == 2)
    }

    @Test func `a nonce that the list does not show stays on record`() throws {
        cloud.answer("POST", with: .lost(.timeout, arrived: true, "no reply"))
        let stage = try Stage(cloud, time: time)
        _ = try mint(stage)
        let last = try #require(stage.records.saved.last)
        #expect(last.isExported && last.tokenID?.rawValue == "t-1" && last.unresolved.count == 1)
    }

    @Test func `a definite refusal empties the record`() throws {
        cloud.answer("POST", with: .reply(400, #"{"code":400,"message":"no"}"#))
        let stage = try Stage(cloud, time: time)
        let error = lifecycleFailure { () throws(LifecycleError) in _ = try mint(stage) }
        #expect(error == LifecycleError(Explanation(.failed, "status 400: no"), refusal: 400))
        #expect(stage.journal.entries == ["record intent", "remove record"])
    }

    @Test func `an export that fails is undone`() throws {
        let stage = try Stage(cloud, time: time)
        let error = lifecycleFailure { () throws(LifecycleError) in
            _ = try mint(stage) { _ throws(Explanation) in throw Explanation(.cannotWrite, "disk full") }
        }
        #expect(error?.explanation == Explanation(.cannotWrite, "disk full"))
        #expect(cloud.tokens.isEmpty)
        #expect(stage.journal.entries.suffix(2) == ["export", "remove record"])
    }

    @Test(arguments: [1, 2, 3])
    func `a record that cannot be written undoes what was begun`(failing: Int) throws {
        let stage = try Stage(cloud, time: time)
        stage.records.failingSave = failing
        let error = lifecycleFailure { () throws(LifecycleError) in _ = try mint(stage) }
        #expect(error?.explanation.exitCode == .cannotWrite)
        #expect(error?.explanation.message == "cannot write the lease /records: no space left on device")
        #expect(cloud.tokens.isEmpty)
        #expect(cloud.requests.count { $0.hasPrefix("POST") } == (failing == 1 ? 0 : 1))
    }

    @Test func `an export is not begun after a signal`() throws {
        let stage = try Stage(cloud, time: time)
        cloud.answer("POST", acting: true, with: .reply(200, #"{"id":"t-1","tokenValue":"value-1"}"#))
        var lease = stage.lease()
        var tools = stage.tools
        tools.mask = { _ throws(Explanation) in stage.time.raise(15) }
        var minting = Minting(tools)
        let error = lifecycleFailure { () throws(LifecycleError) in
            _ = try minting.mint(stage.order(), as: &lease) { _ throws(Explanation) in Issue.record("exported") }
        }
        #expect(error?.explanation == .interrupted(by: 15))
        #expect(cloud.tokens.isEmpty)
    }

    // MARK: Verification

    @Test(
        arguments: [
            (0, "the server made a token that never expires"),
            (VirtualClock.start + 86400, "the server made a token that expires 2027-01-16T08:00:00Z instead of"),
        ] as [(Int64, String)]
    )
    func `verify revokes a token that outlives what was asked for`(expires: Int64, message: String) throws {
        let stage = try Stage(cloud, time: time)
        cloud.answer(
            "GET",
            with: .reply(200, #"{"tokens":[{"id":"t-1","description":"","expires":\#(expires)}]}"#)
        )
        let error = lifecycleFailure { () throws(LifecycleError) in
            _ = try mint(stage, stage.order { $0.verifies = true })
        }
        #expect(error?.explanation.message.hasPrefix(message) == true)
        #expect(error?.explanation.exitCode == .failed)
        #expect(cloud.tokens.isEmpty)
        #expect(!stage.journal.entries.contains("export"))
    }

    @Test func `verify goes on with the expiry that was granted`() throws {
        let stage = try Stage(cloud, time: time)
        let granted = VirtualClock.start + 200
        cloud.answer("GET", with: .reply(200, #"{"tokens":[{"id":"t-1","description":"","expires":\#(granted)}]}"#))
        var exported: Int64?
        let minted = try mint(stage, stage.order { $0.verifies = true }) { minted throws(Explanation) in
            exported = minted.expires
        }
        #expect(exported == granted && minted.expires == granted && minted.lifetime == 200)
        #expect(stage.records.saved.last?.expires == granted)
    }

    @Test func `verify misses a token that is not in the list`() throws {
        let stage = try Stage(cloud, time: time)
        cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#))
        let error = lifecycleFailure { () throws(LifecycleError) in
            _ = try mint(stage, stage.order { $0.verifies = true })
        }
        #expect(error?.explanation.message == "the new token is not in the list of tokens")
        #expect(cloud.tokens.isEmpty)
    }

    // MARK: Clock

    @Test(arguments: [-90_000, -61, 61, 90_000] as [Int64])
    func `a clock that is off by more than a minute is replaced by the server's`(offset: Int64) throws {
        let time = time
        let cloud = InMemoryCloud(now: { time.clock.unixTime() + offset })
        let stage = try Stage(cloud, time: time)
        let minted = try mint(stage)
        #expect(cloud.tokens.map(\.expires) == [VirtualClock.start + offset + 600])
        #expect(minted.expires == VirtualClock.start + offset + 600)
        #expect(stage.said.count == 1 && stage.said[0].contains(offset < 0 ? "ahead of" : "behind"))
        #expect(stage.records.saved.last?.clockOffset == offset)
    }

    @Test func `a clock that is off by a minute is good enough`() throws {
        let time = time
        let stage = try Stage(InMemoryCloud(now: { time.clock.unixTime() + 60 }), time: time)
        #expect(try mint(stage).expires == VirtualClock.start + 600)
        #expect(stage.said == [])
    }

    @Test func `an absolute expiry is not moved by a clock`() throws {
        let time = time
        let cloud = InMemoryCloud(now: { time.clock.unixTime() + 90_000 })
        let stage = try Stage(cloud, time: time)
        let until = VirtualClock.start + 100_000
        #expect(try mint(stage, stage.order { $0.lifetime = .until(until) }).expires == until)
        #expect(stage.records.saved.last?.clockOffset == 90_000)
        #expect(cloud.requests.count == 1)
    }
}
