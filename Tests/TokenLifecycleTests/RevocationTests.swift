import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import Testing

@testable import TokenLifecycle

/// When a token counts as ended, and when not.
@Suite struct RevocationTests {
    private let time = VirtualClock()
    private let cloud: InMemoryCloud

    init() {
        cloud = InMemoryCloud(now: time.clock.unixTime)
    }

    private func plantedLease(_ stage: Stage) throws -> Lease {
        cloud.plant(description: "planted")
        var lease = stage.lease()
        lease.tokenID = try TokenID(cloud.tokens[0].id)
        lease.expires = VirtualClock.start + 600
        return lease
    }

    @Test func `a 2xx is an end`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = try plantedLease(stage)
        let report = stage.revocation.end(&lease, isPatient: true)
        #expect(report.ended.map(\.ending) == [.revoked] && lease.isSettled)
        #expect(cloud.requests.count == 1)
    }

    @Test func `a 404 is an end only when the list agrees and the credential is the one that minted`() throws {
        let stage = try Stage(cloud, time: time)
        for (isListed, isParent) in [(false, true), (true, true), (false, false)] {
            var lease = try plantedLease(stage)
            if !isListed { cloud.answer("DELETE", acting: true, with: .reply(404, #"{"code":404}"#)) }
            if isListed { cloud.answer("DELETE", with: .reply(404, #"{"code":404}"#)) }
            if !isParent { lease.parent = Fingerprint(rawValue: "somebody else") }
            let report = stage.revocation.end(&lease, isPatient: true)
            #expect(report.ended.map(\.ending) == (!isListed && isParent ? [.gone] : []))
            #expect(lease.isSettled == (!isListed && isParent))
            #expect(report.isAnotherAccount == !isParent)
            if let id = cloud.tokens.first?.id { _ = try stage.cloud.deleteToken(TokenID(id)) }
        }
    }

    @Test func `the list of another account says nothing of a lost request`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = stage.lease()
        lease.parent = Fingerprint(rawValue: "somebody else")
        lease.unresolved = [
            .init(nonce: Nonce(from: .fixed(0.1)), since: VirtualClock.start - 60, expires: VirtualClock.start + 600)
        ]
        let report = stage.revocation.end(&lease, isPatient: true)
        #expect(report.isAnotherAccount && report.pending.count == 1 && !lease.isSettled)
        #expect(cloud.requests.count == 1 && time.pauses == [])
        time.advance(by: .seconds(700))
        let late = try Stage(cloud, time: time).revocation.end(&lease, isPatient: true)
        #expect(late.pending.isEmpty && lease.isSettled)
    }

    @Test func `a lost request is looked for until a time-out has passed`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = stage.lease()
        lease.unresolved = [
            .init(nonce: Nonce(from: .fixed(0.1)), since: VirtualClock.start, expires: VirtualClock.start + 600)
        ]
        let impatient = stage.revocation.end(&lease, isPatient: false)
        #expect(impatient.pending.count == 1 && !lease.isSettled)
        let patient = stage.revocation.end(&lease, isPatient: true)
        #expect(patient.pending.isEmpty && lease.isSettled)
        #expect(time.pauses == [.seconds(30)])
        #expect(cloud.requests.count == 3)
    }

    @Test func `a token that comes late is found by its nonce and ended`() throws {
        let stage = try Stage(cloud, time: time)
        let nonce = Nonce(from: .fixed(0.1))
        var lease = stage.lease()
        lease.unresolved = [.init(nonce: nonce, since: VirtualClock.start, expires: VirtualClock.start + 600)]
        _ = stage.revocation.end(&lease, isPatient: false)
        cloud.plant(description: Description(text: "late", nonce: nonce, run: lease.run).whole)
        cloud.plant(description: Description(text: "other", nonce: Nonce(from: .fixed(0.2)), run: lease.run).whole)
        let report = stage.revocation.end(&lease, isPatient: true)
        #expect(report.ended.count == 1 && lease.isSettled)
        #expect(cloud.tokens.count == 1)
    }

    @Test func `a nonce whose token would have expired is not looked for any more`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = stage.lease()
        let nonce = Nonce(from: .fixed(0.1))
        lease.unresolved = [.init(nonce: nonce, since: VirtualClock.start + 9000, expires: VirtualClock.start - 31)]
        _ = stage.revocation.end(&lease, isPatient: false)
        #expect(lease.isSettled)
    }

    @Test func `a nonce is looked for as long as its token can live by the server's clock`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = stage.lease()
        lease.clockOffset = -200_000
        let expires = VirtualClock.start - 200_000 + 600
        lease.unresolved = [.init(nonce: Nonce(from: .fixed(0.1)), since: VirtualClock.start, expires: expires)]
        _ = stage.revocation.end(&lease, isPatient: false)
        #expect(!lease.isSettled)
    }

    @Test func `a list that fails leaves everything on record`() throws {
        let stage = try Stage(cloud, time: time, deadline: .seconds(5))
        var lease = stage.lease()
        lease.unresolved = [
            .init(nonce: Nonce(from: .fixed(0.1)), since: VirtualClock.start, expires: VirtualClock.start + 600)
        ]
        for _ in 0..<9 { cloud.answer("GET", with: .reply(503)) }
        let report = stage.revocation.end(&lease, isPatient: true)
        #expect(report.failures.map(\.leftover) == [Leftover(tokenID: nil, expires: VirtualClock.start + 600)])
        #expect(lease.unresolved.count == 1)
    }

    @Test func `a token that ends itself looks for what was lost before that`() throws {
        let stage = try Stage(cloud, time: time)
        var lease = try plantedLease(stage)
        lease.token = lease.parent
        lease.unresolved = [
            .init(nonce: Nonce(from: .fixed(0.1)), since: VirtualClock.start, expires: VirtualClock.start + 600)
        ]
        _ = stage.revocation.end(&lease, isPatient: true)
        #expect(cloud.requests.map { String($0.prefix(3)) } == ["GET", "GET", "DEL"] && lease.isSettled)
    }

    @Test func `a rejection after the token's own expiry, or after a lost self-deletion, is an end`() throws {
        let stage = try Stage(cloud, time: time)
        let id = try TokenID("t-1")
        let rejected = StubTransport.Reply.reply(401, #"{"code":401}"#)
        cloud.answer("DELETE", with: rejected)
        #expect(try stage.revocation.end(id, expires: VirtualClock.start - 1, isOwn: true) == .gone)
        cloud.answer("DELETE", with: rejected)
        #expect(throws: CloudError.self) {
            try stage.revocation.end(id, expires: VirtualClock.start + 1, isOwn: true)
        }
        cloud.answer("DELETE", with: rejected)
        #expect(throws: CloudError.self) {
            try stage.revocation.end(id, expires: VirtualClock.start - 1, isOwn: false)
        }
        cloud.answer("DELETE", with: .lost(.connectionLost, arrived: true, "reset"))
        cloud.answer("DELETE", with: rejected)
        #expect(try stage.revocation.end(id, expires: VirtualClock.start + 600, isOwn: true) == .revoked)
    }
}

extension TokenID {
    init(_ text: String) throws {
        struct NoTokenID: Error {}
        guard let id = TokenID(rawValue: text) else { throw NoTokenID() }
        self = id
    }
}
