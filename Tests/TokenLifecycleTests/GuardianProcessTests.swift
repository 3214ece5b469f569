import HostSystem
import PulumiCloud
import StubTransport
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
        #expect(message.count <= 512)
        var guardian = GuardianProcess(
            lease,
            text: request.description(as: lease.id, of: lease.run, in: stage.context).text
        )
        #expect(guardian.take(.message(try #require(GuardianMessage(encoded: message)))) == .wait)
        #expect(guardian.lease.token == token)
        #expect(token.description == stage.cloud.tokens.first?.description)
    }
}
