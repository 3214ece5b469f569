import StubTransport
import TestBench
import TestMachine
import Testing
import TokenLifecycle

@testable import pulumi_token

/// Whole commands in process: what they say, ask for and leave.
@Suite struct CommandTests {
    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud(variables: ["PULUMI_TOKEN_SESSION": "job 1"])
    }

    @Test func `what mint mints, revoke revokes, and nothing is left but the lock`() throws {
        let minted = try machine.run("mint", "--ttl", "10m", "--export", "stdout")
        #expect(minted.code == 0 && minted.output == "value-1\n")
        #expect(
            minted.error == """
                pulumi-token: using the credential in PULUMI_ACCESS_TOKEN
                pulumi-token: minted t-1, expires 2027-01-15T08:10:00Z, in 10 minutes

                """
        )
        #expect(cloud.tokens.map(\.id) == ["t-1"])
        #expect(machine.files(below: "home").contains { $0.hasSuffix(".json") })
        let revoked = try machine.run("revoke")
        #expect(revoked.code == 0 && revoked.error.hasSuffix("pulumi-token: revoked t-1\n"))
        #expect(cloud.tokens.isEmpty)
        #expect(machine.files(below: "home").isEmpty)
        #expect(machine.files(below: "tmp").isEmpty)
    }

    @Test func `revoke looks at the list before it deletes what a record names`() throws {
        _ = try machine.run("mint", "--export", "none")
        _ = try machine.run("revoke")
        #expect(cloud.requests.map { String($0.prefix(6)) } == ["POST /", "GET /a", "DELETE"])
    }

    @Test func `a second revoke has nothing to do and asks nobody`() throws {
        _ = try machine.run("mint", "--export", "none")
        _ = try machine.run("revoke")
        let before = cloud.requests.count
        machine.variables["PULUMI_ACCESS_TOKEN"] = nil
        let again = try machine.run("revoke")
        #expect(again.code == 0 && again.error == "pulumi-token: nothing to revoke: this session has no lease\n")
        #expect(cloud.requests.count == before)
    }

    @Test func `a record that names a token of somebody else deletes nothing`() throws {
        _ = try machine.run("mint", "--export", "none")
        cloud.plant(description: "precious")
        let record = try #require(machine.files(below: "home").first { $0.hasSuffix(".json") })
        let name = String(record.dropFirst(machine.disk.path.count + 1))
        let text = try #require(machine.disk.text(name))
        try machine.disk.write(text.replacing(#""tokenID":"t-1""#, with: #""tokenID":"t-2""#), to: name)
        let outcome = try machine.run("revoke")
        #expect(outcome.code == 1)
        #expect(outcome.error.contains("left alone: t-2"))
        #expect(cloud.tokens.map(\.id).contains("t-2"))
    }

    @Test func `one path takes one lease`() throws {
        let path = machine.disk.file("lease.json")
        #expect(try machine.run("mint", "--export", "none", "--lease", path).code == 0)
        let second = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(second.code == 73)
        #expect(second.error.contains("already holds a lease"))
        #expect(cloud.tokens.count == 1)
    }
}
