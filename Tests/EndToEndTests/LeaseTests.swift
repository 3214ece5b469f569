import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Leases of processes that are killed, that wait for each other, or that come late.
@Suite(.ownThreads(.first)) struct LeaseTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    @Test(.seesGuardians)
    func `what a dead process left half-done is finished by the next mint, and what lives is not touched`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let environment = machine.withCredential
        let first = try Program(Executable.path, ["mint", "--session", "dead"], environment: environment).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        // While the first one lives, nobody helps it.
        _ = try machine.run("mint", "--export", "none", "--session", "other")
        #expect(machine.cloud.liveTokens.count == 2)
        // Its guardian would finish it, too.
        kill(try #require(try machine.awaitGuardian()), SIGKILL)
        first.signal(SIGKILL)
        _ = try first.wait()
        // A process that was killed holds its lock until it is gone.
        #expect(try machine.awaitNoGuardian())
        let next = try machine.run("mint", "--export", "none", "--session", "other")
        #expect(next.error.contains("left over from process \(first.process)"))
        #expect(machine.cloud.liveTokens.count == 2)
        _ = try machine.run("revoke", "--session", "other")
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `an expired token needs one line and no alarm`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s", "--ttl", "60s")
        machine.cloud.advanceClock(by: 61)
        let own = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": machine.mintedValues[0]])
        #expect(own.status == 0)
        #expect(own.error.contains("had expired or was revoked already"))
    }

    @Test func `sixty-four mints at once get through a server that takes five a second`() throws {
        let machine = try BuildMachine {
            $0.rateLimit.count = 5
            $0.rateLimit.seconds = 1
            $0.rateLimit.method = "POST"
        }
        machine.cloud.misbehave(.stall(.beforeActing, method: "POST", times: 64))
        let runs = try (0..<64).map { index in
            try machine.program(
                "mint",
                "--export",
                "none",
                "--session",
                "s\(index)",
                environment: machine.withCredential
            ).start()
        }
        // However long it takes to start so many processes, their requests are there at once.
        #expect(machine.cloud.wait { $0.misbehaviours == [64] })
        machine.cloud.release()
        for run in runs { #expect(try run.wait().status == 0) }
        let requests = machine.cloud.requests.filter { $0.method == "POST" }
        #expect(machine.cloud.liveTokens.count == 64)
        #expect(requests.count <= 256)
        // Who was told to come again in a second does not come earlier.
        let byConnection = Dictionary(grouping: requests, by: \.connection).values.map { $0.map(\.monotonicTime) }
        let pauses = byConnection.flatMap { times in zip(times.dropFirst(), times).map { $0 - $1 } }
        #expect(pauses.count > 64 && pauses.allSatisfy { $0 >= 1 })
    }
}
