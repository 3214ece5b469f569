import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// A record is data: whoever shares the user can put one there, and chooses nothing by it that is deleted.
@Suite struct BindingTests {
    private let start = VirtualClock.start

    private func tag(_ number: Double) -> String {
        Description(text: "job", nonce: Nonce(from: .fixed(number)), run: RunTag(hashing: "run")).whole
    }

    /// A record of a process that is gone, as somebody else may have written it.
    private func plant(_ id: String, _ description: String?, on stage: Stage) throws {
        _ = try stage.keep(
            stage.lease {
                $0.owner.startTime = 1
                $0.token = .init(
                    id: TokenID(rawValue: id),
                    fingerprint: nil,
                    expires: start + 600,
                    description: description
                )
            }
        )
    }

    /// What looks at records.
    enum Command: String, CaseIterable {
        case mint, sweep, revoke
    }

    private func run(_ command: Command, on stage: Stage) throws {
        var revoker = Revoker(try stage.parent(), in: stage.context, within: stage.budget())
        switch command {
        case .mint: try stage.mint(session: "another")
        case .sweep:
            var sweep = MachineSweep(stage.context, stage.store, of: .pulumiCloud)
            _ = sweep.run(by: &revoker) { _, _ in }
        case .revoke:
            let reports = try revoker.revoke(try stage.store.leases(of: nil).leases, isPatient: true)
            #expect(reports.map { $0.ended.isEmpty } == reports.map { !$0.disowned.isEmpty })
        }
    }

    @Test(arguments: Command.allCases, ["by hand", "our own"])
    func `a record deletes no token that is not its own`(command: Command, token: String) throws {
        let named = token == "our own" ? tag(0.1) : token
        for claimed in [tag(0.2), nil, token == "our own" ? nil : "by hand"] {
            let stage = try Stage()
            stage.cloud.plant(description: named)
            try plant("t-1", claimed, on: stage)
            try run(command, on: stage)
            #expect(stage.cloud.tokens.contains { $0.id == "t-1" })
            #expect(!stage.methods.contains("DELETE"))
            #expect(stage.records.filter { $0.session == "s" } == [], "it is of no further use")
            if command != .revoke { #expect(stage.said.contains("kept t-1")) }
        }
    }

    @Test(arguments: Command.allCases)
    func `a record with the token's own nonce deletes it, after a look at the list`(command: Command) throws {
        let stage = try Stage()
        stage.cloud.plant(description: tag(0.1))
        try plant("t-1", tag(0.1), on: stage)
        try run(command, on: stage)
        #expect(!stage.cloud.tokens.contains { $0.id == "t-1" })
        #expect(stage.methods.prefix(2) == ["GET", "DELETE"])
    }

    @Test func `what this process minted needs no list`() throws {
        let stage = try Stage()
        var stored = try stage.keep(stage.plantedLease())
        _ = try stage.revocation().revoke(&stored, isPatient: true)
        #expect(stage.methods == ["DELETE"])
    }

    @Test(arguments: [true, false])
    func `a list that shifts between its pages loses neither an id nor a nonce`(hasID: Bool) throws {
        let stage = try Stage(pageSize: 1)
        for description in ["by hand", tag(0.1)] { stage.cloud.plant(description: description) }
        // While the second page was asked for, the first token was deleted, so ours moved to the first page.
        stage.cloud.answer(
            "GET",
            with: .reply(200, #"{"tokens":[{"id":"t-0","description":""}],"continuationToken":"1"}"#)
        )
        stage.cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#))
        if hasID {
            try plant("t-2", tag(0.1), on: stage)
        } else {
            let entry = unresolved(since: start - 60, expires: start + 600)
            _ = try stage.keep(stage.lease { $0.unresolved = [entry] })
        }
        try run(.revoke, on: stage)
        #expect(stage.cloud.tokens.map(\.id) == ["t-1"])
    }

    // MARK: Many records

    /// So many records of processes that are gone, each with a token; the first is the oldest.
    private func plant(_ count: Int, on stage: Stage) throws {
        let place = LeasePlace.directory(stage.machine.disk.file("home/.local/state/pulumi-token"), isDurable: false)
        for index in 0..<count {
            var lease = try stage.plantedLease("s\(index)")
            lease.owner.startTime = 1
            lease.created = start - Int64(count - index)
            try place.create(LeaseRecord(lease))
        }
    }

    @Test func `a run looks after a hundred records, the oldest first, with one list, and says what is beyond`() throws
    {
        let stage = try Stage()
        try plant(120, on: stage)
        try run(.mint, on: stage)
        #expect(stage.methods == ["GET"] + [String](repeating: "DELETE", count: 100) + ["POST"])
        #expect(stage.cloud.tokens.map(\.id) == (101...121).map { "t-\($0)" })
        #expect(stage.said.contains("20 more leftover records wait for the next run"))
        try run(.sweep, on: stage)
        #expect(stage.cloud.tokens.map(\.id) == ["t-121"])
        #expect(stage.said.ranges(of: "more leftover records").count == 1)
    }

    @Test func `what dead processes left takes a quarter of a mint's time`() throws {
        let stage = try Stage()
        try plant(20, on: stage)
        var asked: Duration?
        stage.wire.underWay = { request in
            if request.method == "POST" { asked = asked ?? stage.context.clock.uptime() }
            stage.time.advance(by: .seconds(request.method == "DELETE" ? 10 : 0))
        }
        try stage.mint(session: "another")
        #expect(try #require(asked) <= .seconds(40))
        #expect(stage.records.count { $0.session != "another" } > 10, "the others wait for the next run")
    }
}
