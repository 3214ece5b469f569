import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestMachine
import Testing

@testable import TokenLifecycle

/// When a token counts as ended, and when not.
@Suite struct RevocationTests {
    private let stage: Stage
    private var cloud: InMemoryCloud { stage.cloud }
    private let start = VirtualClock.start

    init() throws {
        stage = try Stage()
    }

    /// Revokes what a lease holds, which this process minted, and gives the lease as it is then.
    private func revoke(
        _ lease: Lease,
        isPatient: Bool = true,
        within length: Duration = .seconds(120)
    ) throws -> (report: RevocationReport, lease: Lease) {
        var stored = try stage.keep(lease)
        let report = try stage.revocation(within: length).revoke(&stored, isPatient: isPatient)
        return (report, stored.lease)
    }

    @Test func `a 2xx is an end`() throws {
        let (report, lease) = try revoke(stage.plantedLease())
        #expect(report.ended.map(\.ending) == [.revoked] && lease.isSettled)
        #expect(stage.methods == ["DELETE"])
    }

    @Test func `a 404 is an end only when the list agrees and the credential is the one that minted`() throws {
        for (isListed, isParent) in [(false, true), (true, true), (false, false)] {
            let stage = try Stage()
            var planted = try stage.plantedLease()
            stage.cloud.answer("DELETE", acting: !isListed, with: .reply(404, #"{"code":404}"#))
            if !isParent { planted.parent = Fingerprint(rawValue: "somebody else") }
            var stored = try stage.keep(planted)
            let report = try stage.revocation().revoke(&stored, isPatient: true)
            #expect(report.ended.map(\.ending) == (!isListed && isParent ? [.gone] : []))
            #expect(stored.lease.isSettled == (!isListed && isParent))
            #expect(report.isAnotherAccount == !isParent)
        }
    }

    @Test func `the list of another account says nothing of a lost request`() throws {
        let planted = stage.lease {
            $0.parent = Fingerprint(rawValue: "somebody else")
            $0.unresolved = [unresolved(since: start - 60, expires: start + 600)]
        }
        let (report, lease) = try revoke(planted)
        #expect(report.isAnotherAccount && report.pending.count == 1 && !lease.isSettled)
        #expect(Set(stage.methods) == ["GET"] && stage.time.pauses == [])
        stage.time.advance(by: .seconds(700))
        var stored = try #require(try stage.store.leases(of: nil).leases.first)
        let late = try stage.revocation().revoke(&stored, isPatient: true)
        #expect(late.pending.isEmpty && stored.lease.isSettled)
    }

    @Test func `a lost request is looked for until a time-out has passed`() throws {
        let impatient = try revoke(stage.lease { $0.unresolved = [unresolved(expires: start + 600)] }, isPatient: false)
        #expect(impatient.report.pending.count == 1 && !impatient.lease.isSettled)
        var stored = try #require(try stage.store.leases(of: nil).leases.first)
        let patient = try stage.revocation().revoke(&stored, isPatient: true)
        #expect(patient.pending.isEmpty && stored.lease.isSettled)
        #expect(stage.time.pauses == [.seconds(30)])
        #expect(Set(stage.methods) == ["GET"])
    }

    @Test func `a token that comes late is found by its nonce and ended`() throws {
        let nonce = Nonce(from: .fixed(0.1))
        var stored = try stage.keep(stage.lease { $0.unresolved = [unresolved(expires: start + 600)] })
        _ = try stage.revocation().revoke(&stored, isPatient: false)
        let run = stored.lease.run
        cloud.plant(description: Description(text: "late", nonce: nonce, run: run).whole)
        cloud.plant(description: Description(text: "other", nonce: Nonce(from: .fixed(0.2)), run: run).whole)
        let report = try stage.revocation().revoke(&stored, isPatient: true)
        #expect(report.ended.count == 1 && stored.lease.isSettled)
        #expect(cloud.tokens.map(\.id) == ["t-2"])
    }

    @Test func `a nonce whose token would have expired is not looked for any more`() throws {
        let planted = stage.lease { $0.unresolved = [unresolved(since: start + 9000, expires: start - 31)] }
        #expect(try revoke(planted, isPatient: false).lease.isSettled)
    }

    @Test func `a nonce is looked for as long as its token can live by the server's clock`() throws {
        let planted = stage.lease {
            $0.clockOffset = -200_000
            $0.unresolved = [unresolved(expires: start - 200_000 + 600)]
        }
        #expect(try !revoke(planted, isPatient: false).lease.isSettled)
    }

    @Test func `a list that fails leaves everything on record`() throws {
        for _ in 0..<9 { cloud.answer("GET", with: .reply(503)) }
        let planted = stage.lease { $0.unresolved = [unresolved(expires: start + 600)] }
        let (report, lease) = try revoke(planted, within: .seconds(5))
        #expect(report.failures.map(\.leftover) == [Leftover(tokenID: nil, expires: start + 600)])
        #expect(lease.unresolved.count == 1)
        #expect(stage.records == [lease])
    }

    @Test func `a token that ends itself looks for what was lost before that`() throws {
        var planted = try ownLease()
        planted.unresolved = [unresolved(expires: start + 600)]
        let lease = try revoke(planted).lease
        #expect(stage.methods.last == "DELETE" && stage.methods.dropLast().allSatisfy { $0 == "GET" })
        #expect(stage.methods.count > 2 && lease.isSettled)
    }

    /// A lease whose token is the very credential.
    private func ownLease() throws -> Lease {
        var planted = try stage.plantedLease()
        planted.token?.fingerprint = Fingerprint(of: Secret("parent-credential"), salt: planted.id)
        return planted
    }

    @Test func `a self-deletion that was cut off by a kill is finished by the next run`() throws {
        var stored = try stage.keep(ownLease())
        // What a kill leaves: the request is out, and nobody reads the reply.
        cloud.answer("DELETE", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        _ = try stage.revocation(within: .zero).revoke(&stored, isPatient: false)
        #expect(stage.records.first?.token?.isEndingItself == true)

        for _ in 0..<4 { cloud.answer("GET", with: .reply(401, #"{"code":401}"#)) }
        var found = try #require(try stage.store.leases(of: nil).leases.first)
        let report = try stage.revocation().revoke(&found, isPatient: true)
        #expect(report.ended.map(\.ending) == [.gone] && found.lease.isSettled)
    }

    @Test func `a token that another process has ended meanwhile is no token that may live`() throws {
        var stored = try stage.keep(ownLease())
        var other = try #require(try stage.store.leases(of: nil).leases.first)
        try other.update(.revoked(try #require(stored.lease.tokenID)))
        other.close(at: start)
        cloud.answer("DELETE", with: .reply(401, #"{"code":401}"#))
        let report = try stage.revocation().revoke(&stored, isPatient: true)
        #expect(report.ended.map(\.ending) == [.gone] && stored.lease.isSettled)
    }

    @Test func `a rejection after the token's own expiry, or after a lost self-deletion, is an end`() throws {
        let id = try TokenID("t-1")
        let rejected = StubTransport.Reply.reply(401, #"{"code":401}"#)
        func ending(ownUntil expires: Int64?) throws -> RevocationReport.Ending? {
            var deletion = TokenDeletion(
                cloud: try stage.access().cloud,
                kind: .personal,
                reason: nil,
                retrying: stage.retrying,
                budget: stage.budget(),
                now: stage.context.clock.unixTime
            )
            deletion.own = expires.map { .init(id: id, expires: $0) }
            guard case .ended(let ending)? = deletion.run([id])[id] else { return nil }
            return ending
        }
        cloud.answer("DELETE", with: rejected)
        #expect(try ending(ownUntil: start - 1) == .gone)
        cloud.answer("DELETE", with: rejected)
        #expect(try ending(ownUntil: start + 1) == nil)
        cloud.answer("DELETE", with: rejected)
        #expect(try ending(ownUntil: nil) == nil)
        cloud.answer("DELETE", with: .lost(.connectionLost, arrived: true, "reset"))
        cloud.answer("DELETE", with: rejected)
        #expect(try ending(ownUntil: start + 600) == .revoked)
    }
}
