import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// `exec` with tokens of teams and organizations.
@Suite(.ownThreads) struct ExecKindTests {
    @Test(arguments: KindChoice.allCases)
    func `a command gets a token of the kind, and it is revoked where it was minted`(kind: KindChoice) throws {
        let machine = try BuildMachine()
        let script = "echo \"$PULUMI_ACCESS_TOKEN_ID\"; echo \"$PULUMI_ACCESS_TOKEN\" | base64"
        let result = try machine.exec(kind.options, script)
        let token = try #require(machine.cloud.tokens(.minted).first)
        #expect(result.status == 0 && result.output.hasPrefix(token.id), "\(result.error)")
        #expect(leaks(of: [token.value], in: result.log) == [])
        let lines = machine.cloud.requests.map { "\($0.method) \($0.path)" }
        #expect(lines == ["POST \(kind.path)", "DELETE \(kind.path)/\(token.id)"])
        expectNothingLeft(machine)
    }

    @Test(arguments: KindChoice.others)
    func `a lost reply leaves no token of the kind`(kind: KindChoice) throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.reset(.afterActing, method: "POST"))
        #expect(try machine.exec(kind.options, "true").status == 0)
        #expect(machine.cloud.requests.allSatisfy { $0.path.hasPrefix(kind.path) })
        expectNothingLeft(machine)
    }

    @Test(arguments: KindChoice.others)
    func `a supervisor that is killed leaves its token to the guardian`(kind: KindChoice) throws {
        let machine = try BuildMachine()
        let exec = try machine.start(
            ["exec"] + kind.options + ["--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"]
        )
        try exec.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test(arguments: KindChoice.others)
    func `a helper hands out tokens of the kind`(kind: KindChoice) throws {
        let machine = try BuildMachine()
        let script = #"""
            printf '{"version":1,"reason":"initial"}' |
                "$PULUMI_CREDENTIAL_HELPER" credential-helper >/dev/null
            """#
        #expect(try machine.exec(["--helper"] + kind.options, script).status == 0)
        #expect(machine.cloud.requests.map(\.method) == ["POST", "DELETE"])
        #expect(machine.cloud.requests.allSatisfy { $0.path.hasPrefix(kind.path) })
        expectNothingLeft(machine)
    }
}
