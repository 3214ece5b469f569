import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import Supervision
import Testing

@testable import TokenLifecycle

/// What a guardian knows of the lease that it was told of.
@Suite struct GuardianProcessTests {
    @Test func `it knows the description of a token that no message has room for`() throws {
        let stage = try Stage()
        let request = stage.request { $0.text = String(repeating: "long ", count: 60) }
        _ = try stage.mint(request)
        let stored = try #require(try LeaseStore(stage.context).leases(of: nil).leases.first)
        let token = try #require(stored.lease.token)
        var lease = stored.lease
        lease.token = nil
        let nonce = try #require(token.nonce)
        let message = GuardianMessage.change(.minted(token, as: nonce)).encoded
        #expect(message.count <= DetachedProcess.longestMessage)
        var guardian = GuardianProcess(
            lease,
            text: request.description(as: lease.id, of: lease.run, in: stage.context).text
        )
        #expect(guardian.take(.message(try #require(GuardianMessage(encoded: message)))) == .wait)
        #expect(guardian.lease.token == token)
        #expect(token.description == stage.cloud.tokens.first?.description)
    }

    @Test func `it hears of the token itself, and of the longest that is accepted`() throws {
        let stage = try Stage()
        _ = try stage.mint(stage.request())
        let lease = try #require(try LeaseStore(stage.context).leases(of: nil).leases.first?.lease)
        var guardian = GuardianProcess(lease, text: "")
        for value in ["value", String(repeating: "v", count: 4000)].map({ Secret($0) }) {
            let message = GuardianMessage.value(value).encoded
            #expect(message.count <= DetachedProcess.longestMessage)
            #expect(guardian.take(.message(try #require(GuardianMessage(encoded: message)))) == .wait)
            #expect(guardian.value == value)
        }
    }

    @Test func `it hears of a file far down in the directories`() throws {
        let path = String(repeating: "/directory", count: 350)
        let message = GuardianMessage.change(.wrote(FileMark(path: path, inode: .max, size: .max, modified: .max)))
        #expect(message.encoded.count <= DetachedProcess.longestMessage)
        #expect(GuardianMessage(encoded: message.encoded) == message)
    }

    @Test func `a command that its owner leaves to itself is not ended for a token that is left`() throws {
        let stage = try Stage()
        _ = try stage.mint(stage.request())
        let lease = try #require(try LeaseStore(stage.context).leases(of: nil).leases.first?.lease)
        let command = WatchedProcess(pid: 7, startTime: 7)
        var killed = GuardianProcess(lease, text: "")
        #expect(killed.take(.message(.command(command))) == .wait)
        #expect(killed.take(.ownerEnded) == .endCommand(command))
        var left = GuardianProcess(lease, text: "")
        #expect(left.take(.message(.command(command))) == .wait)
        let message = try #require(GuardianMessage(encoded: GuardianMessage.commandStays.encoded))
        #expect(left.take(.message(message)) == .wait)
        #expect(left.take(.ownerEnded) == .revoke)
    }

    @Test func `the end of a token is in the server's time`() throws {
        let stage = try Stage()
        _ = try stage.mint(stage.request())
        var lease = try #require(try LeaseStore(stage.context).leases(of: nil).leases.first?.lease)
        let now = lease.lastExpiry + 100
        lease.clockOffset = 0
        #expect(lease.secondsLeft(at: now) == -100)
        lease.clockOffset = -300
        #expect(lease.secondsLeft(at: now) == 200)
        lease.clockOffset = 300
        #expect(lease.secondsLeft(at: now) == -100)
    }
}
