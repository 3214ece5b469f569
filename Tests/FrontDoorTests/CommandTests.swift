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
        #expect(again.code == 0 && again.error == "pulumi-token: nothing to revoke: this session has no lease record\n")
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
        #expect(outcome.error.contains("kept t-2"))
        #expect(cloud.tokens.map(\.id).contains("t-2"))
    }

    @Test func `one path takes one lease`() throws {
        let path = machine.disk.file("lease.json")
        #expect(try machine.run("mint", "--export", "none", "--lease", path).code == 0)
        let second = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(second.code == 73)
        #expect(second.error.contains("already contains a lease record"))
        #expect(cloud.tokens.count == 1)
    }
}

extension CommandTests {
    @Test(arguments: ["t-", "T-1", "T-1 ", " t-1", "t-11", "*", "t-*"])
    func `an id that no list shows is not called revoked`(typed: String) throws {
        cloud.plant(description: "x")
        let outcome = try machine.run("revoke", typed)
        #expect(outcome.code != 0)
        #expect(!outcome.error.contains("revoked already"))
        #expect(cloud.tokens.count == 1)
    }

    @Test func `an id that is nearly a listed one is an error that names it`() throws {
        let (machine, cloud) = try Machine.withCloud()
        cloud.answer("GET", with: .reply(200, #"{"tokens":[{"id":"0b9f4711-aaaa","description":""}]}"#))
        let outcome = try machine.run("revoke", "0B9F4711")
        #expect(outcome.code == 64)
        #expect(
            outcome.error.contains("error: no token has the ID '0B9F4711', but one has the ID 0b9f4711-aaaa")
        )
    }

    @Test func `a script that nobody sourced is told of when the token is revoked`() throws {
        _ = try machine.run("mint")
        let outcome = try machine.run("revoke")
        #expect(outcome.code == 0)
        #expect(
            outcome.error.contains(
                "warning: the script of mint was never sourced, so this job used the parent credential"
            )
        )
    }

    @Test func `a token that the job has in another way needs no script`() throws {
        _ = try machine.run("mint")
        let id = try #require(cloud.tokens.first?.id)
        let outcome = try machine.run(["revoke"], adding: ["PULUMI_ACCESS_TOKEN_ID": id])
        #expect(outcome.code == 0 && outcome.error.contains("revoked \(id)"), "\(outcome)")
        #expect(!outcome.error.contains("never sourced"))
    }

    @Test func `an export for eval that fails unsets the credential and ends the script`() throws {
        let outcome = try machine.run("mint", "--export", "shell", "--ttl", "soon")
        #expect(outcome.code == 64)
        #expect(outcome.output.hasPrefix("unset -v PULUMI_ACCESS_TOKEN\n"))
        #expect(outcome.output.hasSuffix("return 64 2>/dev/null || exit 64\n"))
        let fish = try machine.run("mint", "--export", "shell", "--shell", "fish", "--ttl", "soon")
        #expect(fish.output == "set -e PULUMI_ACCESS_TOKEN\nexit 64\n")
    }

    @Test func `one wrong date makes no token live longer`() throws {
        cloud.answer(
            "POST",
            acting: true,
            with: .reply(
                200,
                #"{"id":"t-1","tokenValue":"value-1"}"#,
                fields: [("Date", "Sun, 25 Apr 2027 08:00:00 GMT")]
            )
        )
        let outcome = try machine.run("mint", "--export", "none", "--ttl", "1h")
        #expect(outcome.code == 0)
        #expect(outcome.error.contains("minted t-1, expires 2027-01-15T09:00:00Z, in 1 hour"))
        #expect(cloud.tokens.map(\.expires) == [VirtualClock.start + 3600])
    }
}
