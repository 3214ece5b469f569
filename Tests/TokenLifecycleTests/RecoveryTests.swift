import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// Which records are somebody's, and which are nobody's.
@Suite struct RecoveryTests {
    private let stage: Stage
    private let now = VirtualClock.start

    init() throws {
        stage = try Stage()
    }

    /// What is known of a lease whose owner's lock is free.
    private func state(expires: Int64? = nil, _ change: (inout Lease) -> Void) throws -> LeaseState {
        let stored = try stage.keep(
            stage.lease {
                $0.token = .init(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: expires ?? now + 600)
                change(&$0)
            }
        )
        return stage.store.state(of: stored, in: .pulumiCloud)
    }

    private var dead: ProcessIdentity {
        var owner = ProcessIdentity.current()
        owner.startTime = 1
        return owner
    }

    @Test func `what a living process works on is left alone`() throws {
        #expect(try state { _ in } == .living)
        #expect(try state { $0.isExported = true } == .living)
    }

    @Test func `a half-done mint of a dead process is abandoned, a finished one is its job's`() throws {
        #expect(try state { $0.owner = dead } == .abandoned)
        #expect(try state { ($0.owner, $0.isExported) = (dead, true) } == .living)
    }

    @Test func `a supervisor that is gone abandons its token, exported or not`() throws {
        #expect(try state { ($0.owner, $0.isExported, $0.holder) = (dead, true, .supervisor) } == .abandoned)
        #expect(try state { ($0.isExported, $0.holder) = (true, .supervisor) } == .living)
    }

    @Test func `a record of another cloud, boot or machine is left alone`() throws {
        #expect(try state { ($0.cloud, $0.owner) = ("https://elsewhere.example", dead) } == .foreign)
        var owner = dead
        owner.boot = "another"
        #expect(try state { $0.owner = owner } == .unknown)
        owner.machine = "another"
        #expect(try state { $0.owner = owner } == .unknown)
    }

    @Test func `what has certainly expired needs no request`() throws {
        #expect(try state(expires: now - 86_401) { _ in } == .expired)
        #expect(try state(expires: now - 86_399) { $0.owner = dead } == .abandoned)
    }

    @Test func `a clock that is days ahead makes nothing expire, and no offset makes anything expire sooner`() throws {
        let ahead = now - 200_000
        #expect(try state(expires: ahead + 600) { $0.clockOffset = -200_000 } == .living)
        #expect(try state(expires: ahead - 86_401) { $0.clockOffset = -200_000 } == .expired)
        #expect(try state { $0.clockOffset = 200_000 } == .living)
    }
}
