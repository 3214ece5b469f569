import CloudEmulator
import Glibc
import Testing

/// How the token of a command ends, whatever happens to the credential, the cloud, or us.
@Suite struct ExecRevocationTests {
    // MARK: Reporting

    @Test(arguments: [0, 42])
    func `a failed revocation is reported on standard error and changes no exit code`(code: Int32) throws {
        let bench = try Workbench()
        bench.cloud.misbehave(.status(403, method: "DELETE", times: 0))
        let result = try bench.exec([], "echo output; exit \(code)")
        #expect(result.code == code)
        #expect(result.text == "output\n")
        let token = try #require(bench.cloud.liveTokens.first)
        #expect(result.errorText.contains("pulumi-token: warning: not revoked: the token \(token.id) may live until"))
        #expect(bench.leases.count == 1)
    }

    @Test(
        arguments: [
            (.status(403, method: "DELETE", times: 0), 0, 77), (.status(403, method: "DELETE", times: 0), 42, 42),
            (.longOutage(method: "DELETE"), 0, 69),
        ] as [(Misbehaviour, Int32, Int32)]
    )
    func `unless it was asked to, and the command itself has not failed`(
        misbehaviour: Misbehaviour,
        command: Int32,
        code: Int32
    ) throws {
        let bench = try Workbench()
        bench.cloud.misbehave(misbehaviour)
        #expect(try bench.exec(["--fail-on-revoke-error"], "exit \(command)").code == code)
    }

    @Test func `revoking takes no longer than the deadline`() throws {
        let bench = try Workbench()
        bench.cloud.misbehave(.hold(acting: false, method: "DELETE", times: 0))
        let result = try bench.exec(["--deadline", "5s"], "exit 3")
        #expect(result.code == 3)
        #expect(result.errorText.contains("not revoked"))
    }

    @Test func `the news are on standard error only`() throws {
        let bench = try Workbench()
        let result = try bench.start(["exec", "--", "/bin/sh", "-c", "echo output"]).result()
        #expect(result.text == "output\n")
        let id = try #require(bench.cloud.tokens(.minted).first?.id)
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "pulumi-token: using the credential in PULUMI_ACCESS_TOKEN")
        #expect(lines[1].hasPrefix("pulumi-token: minted \(id), expires "))
        #expect(lines[2] == "pulumi-token: revoked \(id)")
    }

    // MARK: Credentials that are of no use any more

    /// An `exec` whose command waits for the test.
    private func startWaiting(
        _ bench: Workbench,
        _ options: [String] = [],
        _ change: (inout Launch) -> Void = { _ in }
    ) throws -> Run {
        let run = try bench.start(["exec", "-v"] + options + ["--", "/bin/sh", "-c", "echo ready; read line"]) {
            $0.input = nil
            change(&$0)
        }
        try run.await("ready")
        return run
    }

    private func finish(_ run: Run) throws -> Run.Result {
        run.send("\n")
        return try run.result()
    }

    private static let identityOptions = ["--oidc-org", "acme", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN"]

    private func identityBench(_ change: (inout Configuration) -> Void = { _ in }) throws -> Workbench {
        var configuration = Configuration()
        configuration.exchangedTokensMayMint = true
        change(&configuration)
        return try Workbench(configuration)
    }

    private func startWithIdentity(_ bench: Workbench) throws -> Run {
        let identity = try bench.cloud.identityToken(.init(audience: "urn:pulumi:org:acme", lifetime: 900))
        return try startWaiting(bench, Self.identityOptions) {
            $0.unset("PULUMI_ACCESS_TOKEN")
            $0.set("ID_TOKEN", identity)
        }
    }

    @Test func `an exchanged credential that has expired is exchanged anew`() throws {
        let bench = try identityBench()
        let run = try startWithIdentity(bench)
        bench.cloud.advanceClock(by: 600)
        #expect(try finish(run).code == 0)
        #expect(bench.cloud.tokens(.exchanged).count == 2)
        #expect(bench.cloud.requests.last?.credential.hasPrefix("exchanged:") == true)
        expectNothingLeft(bench)
    }

    @Test func `when no new credential can be had, the token revokes itself`() throws {
        let bench = try identityBench()
        let run = try startWithIdentity(bench)
        // By now the identity token has expired too.
        bench.cloud.advanceClock(by: 1200)
        #expect(try finish(run).code == 0)
        let last = try #require(bench.cloud.requests.last)
        #expect(last.method == "DELETE")
        #expect(last.credential.hasPrefix("minted:"))
        expectNothingLeft(bench)
    }

    @Test func `an exchange that hangs leaves time for the token to revoke itself`() throws {
        let bench = try identityBench()
        let run = try startWithIdentity(bench)
        bench.cloud.misbehave(.hold(acting: false, path: "/api/oauth/token", times: 0))
        run.signal(SIGTERM)
        #expect(try run.result().code == 128 + SIGTERM)
        expectNothingLeft(bench)
    }

    @Test func `a credential that was revoked meanwhile is no obstacle`() throws {
        let bench = try Workbench()
        let run = try startWaiting(bench)
        let parent = try #require(bench.cloud.tokens(.parent).first { $0.value == bench.parent })
        try bench.cloud.revoke(id: parent.id)
        let result = try finish(run)
        #expect(result.code == 0)
        #expect(!result.errorText.contains("warning"))
        expectNothingLeft(bench)
    }

    @Test func `where a token may not revoke itself either, that is said`() throws {
        let bench = try Workbench()
        bench.cloud.configure { $0.tokensMayDeleteThemselves = false }
        let run = try startWaiting(bench)
        let parent = try #require(bench.cloud.tokens(.parent).first { $0.value == bench.parent })
        try bench.cloud.revoke(id: parent.id)
        let result = try finish(run)
        #expect(result.code == 0)
        #expect(result.errorText.contains("warning: not revoked: the token"))
        #expect(bench.leases.count == 1)
    }

    @Test func `an exchanged token itself is handed on, and nobody says it was revoked`() throws {
        let bench = try identityBench { $0.exchangedTokensMayMint = false }
        let result = try finish(try startWithIdentity(bench))
        #expect(result.code == 0)
        #expect(result.errorText.contains("this exchanged token cannot be revoked"))
        #expect(!result.errorText.contains("revoked 0"))
        expectNothingLeft(bench)
    }

    @Test func `a token that the command has revoked itself is gone`() throws {
        let bench = try Workbench()
        let script = "\"\(Workbench.executable)\" revoke -q \"$PULUMI_ACCESS_TOKEN_ID\""
        let result = try bench.start(["exec", "--", "/bin/sh", "-c", script]).result()
        #expect(result.code == 0)
        #expect(!result.errorText.contains("warning"))
        expectNothingLeft(bench)
    }

    // MARK: Our own end

    @Test(arguments: ["exec", "mint", "sweep"])
    func `after SIGKILL the next run on the machine revokes`(next: String) throws {
        let bench = try Workbench()
        let run = try startWaiting(bench)
        run.signal(SIGKILL)
        _ = try run.wait()
        #expect(bench.cloud.liveTokens.count == 1)
        #expect(bench.leases.count == 1)
        let first = try #require(bench.cloud.liveTokens.first?.id)
        let words = ["exec": ["exec", "--", "true"], "mint": ["mint", "--export", "none"], "sweep": ["sweep"]]
        let result = try bench.start(try #require(words[next])).result()
        #expect(result.code == 0)
        #expect(!bench.cloud.liveTokens.contains { $0.id == first })
        #expect(bench.jobFolders.isEmpty || next == "mint")
    }

    @Test func `SIGKILL while the cloud has minted but not answered leaves a record`() throws {
        let bench = try Workbench()
        bench.cloud.misbehave(.hold(acting: true, method: "POST"))
        let run = try bench.start(["exec", "--", "true"])
        #expect(bench.cloud.wait { $0.liveTokens == 1 })
        run.signal(SIGKILL)
        _ = try run.wait()
        #expect(bench.leases.count == 1)
        #expect(try bench.exec([], "true").code == 0)
        #expect(bench.cloud.liveTokens.isEmpty)
    }

    @Test func `a living command's token is left alone by others`() throws {
        let bench = try Workbench()
        let run = try startWaiting(bench)
        #expect(try bench.exec([], "true").code == 0)
        #expect(try bench.start(["sweep"]).result().code == 0)
        #expect(bench.cloud.liveTokens.count == 1)
        #expect(try finish(run).code == 0)
        expectNothingLeft(bench)
    }

    @Test func `a command is not torn off in the middle because we are`() throws {
        let bench = try Workbench()
        let script = "echo ready; read line; echo survived > \(bench.folder)/end"
        let run = try bench.start(["exec", "-q", "--", "/bin/sh", "-c", script]) { $0.input = nil }
        try run.await("ready")
        let command = try #require(ProcessTree(of: run.pid).pids.last)
        run.signal(SIGKILL)
        _ = try run.wait()
        run.send("\n")
        #expect(hasEnded(command))
        #expect(contents(bench.folder + "/end") == Array("survived\n".utf8))
    }

    // MARK: Places

    @Test func `without a home the record lies in a folder of this user`() throws {
        let bench = try Workbench()
        let result = try bench.exec([], "echo $HOME") { $0.unset("HOME") }
        #expect(result.code == 0)
        #expect(bench.cloud.liveTokens.isEmpty)
    }

    @Test func `where no record can be written nothing is minted`() throws {
        let bench = try Workbench()
        try bench.write("file", "")
        let result = try bench.exec([], "echo ran") { $0.set("XDG_STATE_HOME", bench.folder + "/file") }
        #expect(result.code == 125)
        #expect(result.errorText.contains("cannot write the lease"))
        #expect(bench.cloud.tokens(.minted).isEmpty)
        #expect(bench.jobFolders.isEmpty)
    }
}
