import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// How the token of a command ends, whatever happens to the credential, the cloud, or us.
@Suite(.ownThreads) struct ExecRevocationTests {
    // MARK: Reporting

    @Test(arguments: [0, 42])
    func `a failed revocation is reported on standard error and changes no exit code`(code: Int32) throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.status(403, method: "DELETE", times: 0))
        let result = try machine.exec([], "echo output; exit \(code)")
        #expect(result.status == code)
        #expect(result.output == "output\n")
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(result.error.contains("pulumi-token: warning: not revoked: token \(token.id) might be valid until"))
        #expect(machine.leases.count == 1)
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
        let machine = try BuildMachine()
        machine.cloud.misbehave(misbehaviour)
        #expect(try machine.exec(["--fail-on-revoke-error"], "exit \(command)").status == code)
    }

    @Test func `revoking takes no longer than the deadline`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: false, method: "DELETE", times: 0))
        let result = try machine.exec(["--deadline", "5s"], "exit 3")
        #expect(result.status == 3)
        #expect(result.error.contains("not revoked"))
    }

    @Test func `the news are on standard error only`() throws {
        let machine = try BuildMachine()
        let result = try machine.start(["exec", "--", "/bin/sh", "-c", "echo output"]).wait()
        #expect(result.output == "output\n")
        let id = try #require(machine.cloud.tokens(.minted).first?.id)
        let lines = result.error.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "pulumi-token: using the credential in PULUMI_ACCESS_TOKEN")
        #expect(lines[1].hasPrefix("pulumi-token: minted \(id), expires "))
        #expect(lines[2] == "pulumi-token: revoked \(id)")
    }

    @Test func `a token that expires before its command is not silent`() throws {
        let machine = try BuildMachine { $0.grantedLifetime = 2 }
        let run = try machine.start(["exec", "--verify", "--", "/bin/sh", "-c", "read line; exit 3"]) {
            $0.input = .held
        }
        try run.awaitError("the token has expired and the command is still running")
        run.send("\n")
        let result = try run.wait()
        #expect(result.status == 3)
        let warnings = result.error.split(separator: "\n").filter { $0.hasPrefix("pulumi-token: warning: ") }
        #expect(warnings.count == 3)
        #expect(warnings[0].contains("and the command is still running; set --ttl to a longer time"))
        let end = try #require(warnings.last)
        #expect(
            end.contains("the token expired ") && end.hasSuffix(" before the command ended; set --ttl to a longer time")
        )
        #expect(!result.error.contains("revoked"))
        expectNothingLeft(machine)
    }

    @Test(arguments: [true, false])
    func `a login of the command that Pulumi passed over is told at the end`(isOverruled: Bool) throws {
        let machine = try BuildMachine()
        let chosen = isOverruled ? "file://~" : machine.cloud.url
        let login = #"{"current":"\#(chosen)"}"#
        let result = try machine.exec([], "echo '\(login)' > \"$PULUMI_CREDENTIALS_PATH/credentials.json\"")
        let sentence = """
            pulumi-token: warning: a later login chose file://~, and Pulumi used \(machine.cloud.url), \
            since PULUMI_BACKEND_URL is set

            """
        #expect(result.status == 0 && result.error.hasPrefix(sentence) == isOverruled, "\(result)")
        #expect(isOverruled || result.error == "")
        expectNothingLeft(machine)
    }

    @Test func `a limit of memory is met before there is a token`() throws {
        let machine = try BuildMachine()
        var codes: Set<Int32> = []
        for limit in stride(from: 16_000, to: 160_000, by: 8000) {
            let words = ["-c", "ulimit -v \(limit); exec \"$0\" exec -q -- /bin/true", Executable.path]
            codes.insert(try Program("bash", words, environment: machine.shellEnvironment).run().status)
            expectNothingLeft(machine)
        }
        #expect(codes.contains(0) && codes.count > 1, "some are too low: \(codes)")
    }

    // MARK: Credentials that are of no use any more

    /// An `exec` whose command waits for the test.
    private func startWaiting(
        _ machine: BuildMachine,
        _ options: [String] = [],
        _ change: (inout Program) -> Void = { _ in }
    ) throws -> RunningProgram {
        let run = try machine.start(["exec", "-v"] + options + ["--", "/bin/sh", "-c", "echo ready; read line"]) {
            $0.input = .held
            change(&$0)
        }
        try run.await("ready")
        return run
    }

    private func finish(_ run: RunningProgram) throws -> Outcome {
        run.send("\n")
        return try run.wait()
    }

    private static let identityOptions = ["--oidc-org", "acme", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN"]

    private func identityMachine(_ change: (inout Configuration) -> Void = { _ in }) throws -> BuildMachine {
        try BuildMachine {
            $0.exchangedTokensMayMint = true
            change(&$0)
        }
    }

    private func startWithIdentity(_ machine: BuildMachine) throws -> RunningProgram {
        let identity = try machine.cloud.identityToken(.init(audience: "urn:pulumi:org:acme", lifetime: 900))
        return try startWaiting(machine, Self.identityOptions) {
            $0.environment["PULUMI_ACCESS_TOKEN"] = nil
            $0.environment["ID_TOKEN"] = identity
        }
    }

    @Test func `an exchanged credential that has expired is exchanged anew`() throws {
        let machine = try identityMachine()
        let run = try startWithIdentity(machine)
        machine.cloud.advanceClock(by: 600)
        #expect(try finish(run).status == 0)
        #expect(machine.cloud.tokens(.exchanged).count == 2)
        #expect(machine.cloud.requests.last?.credential.hasPrefix("exchanged:") == true)
        expectNothingLeft(machine)
    }

    @Test func `when no new credential can be had, the token revokes itself`() throws {
        let machine = try identityMachine()
        let run = try startWithIdentity(machine)
        // By now the identity token has expired too.
        machine.cloud.advanceClock(by: 1200)
        #expect(try finish(run).status == 0)
        let last = try #require(machine.cloud.requests.last)
        #expect(last.method == "DELETE")
        #expect(last.credential.hasPrefix("minted:"))
        expectNothingLeft(machine)
    }

    @Test func `an exchange that hangs leaves time for the token to revoke itself`() throws {
        let machine = try identityMachine()
        let run = try startWithIdentity(machine)
        machine.cloud.misbehave(.hold(acting: false, path: "/api/oauth/token", times: 0))
        run.signal(SIGTERM)
        #expect(try run.wait().status == 128 + SIGTERM)
        expectNothingLeft(machine)
    }

    @Test func `a credential that was revoked meanwhile is no obstacle`() throws {
        let machine = try BuildMachine()
        let run = try startWaiting(machine)
        let parent = try #require(machine.cloud.tokens(.parent).first { $0.value == machine.parent })
        try machine.cloud.revoke(id: parent.id)
        let result = try finish(run)
        #expect(result.status == 0)
        #expect(!result.error.contains("warning"))
        expectNothingLeft(machine)
    }

    @Test func `where a token may not revoke itself either, that is said`() throws {
        let machine = try BuildMachine()
        machine.cloud.configure { $0.tokensMayDeleteThemselves = false }
        let run = try startWaiting(machine)
        let parent = try #require(machine.cloud.tokens(.parent).first { $0.value == machine.parent })
        try machine.cloud.revoke(id: parent.id)
        let result = try finish(run)
        #expect(result.status == 0)
        #expect(result.error.contains("warning: not revoked: token"))
        #expect(machine.leases.count == 1)
    }

    @Test func `an exchanged token itself is handed on, and nobody says it was revoked`() throws {
        let machine = try identityMachine { $0.exchangedTokensMayMint = false }
        let result = try finish(try startWithIdentity(machine))
        #expect(result.status == 0)
        #expect(result.error.contains("this exchanged token cannot be revoked"))
        #expect(!result.error.contains("revoked 0"))
        expectNothingLeft(machine)
    }

    @Test func `a token that the command has revoked itself is gone`() throws {
        let machine = try BuildMachine()
        let script = "\"\(Executable.path)\" revoke -q \"$PULUMI_ACCESS_TOKEN_ID\""
        let result = try machine.start(["exec", "--", "/bin/sh", "-c", script]).wait()
        #expect(result.status == 0)
        #expect(!result.error.contains("warning"))
        expectNothingLeft(machine)
    }

    // MARK: Our own end

    @Test(.seesGuardians, arguments: ["exec", "mint", "sweep"])
    func `after SIGKILL of exec and its guardian the next run on the machine revokes`(next: String) throws {
        let machine = try BuildMachine()
        let run = try startWaiting(machine)
        let guardians = try machine.guardians()
        #expect(guardians.count == 1)
        for guardian in guardians {
            kill(guardian, SIGKILL)
            #expect(hasEnded(guardian))
        }
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(machine.leases.count == 1)
        let first = try #require(machine.cloud.liveTokens.first?.id)
        let words = ["exec": ["exec", "--", "true"], "mint": ["mint", "--export", "none"], "sweep": ["sweep"]]
        let result = try machine.start(try #require(words[next])).wait()
        #expect(result.status == 0)
        #expect(!machine.cloud.liveTokens.contains { $0.id == first })
        #expect(machine.jobFolders.isEmpty || next == "mint")
    }

    @Test(.seesGuardians) func `SIGKILL while the cloud has minted but not answered leaves a record`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let run = try machine.start(["exec", "--", "true"])
        #expect(machine.cloud.wait { $0.liveTokens == 1 })
        // It would have revoked the token, and removed the record, before anybody looks.
        let guardian = try #require(try machine.awaitGuardian())
        kill(guardian, SIGKILL)
        #expect(hasEnded(guardian))
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        #expect(machine.leases.count == 1)
        #expect(try machine.exec([], "true").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a living command's token is left alone by others`() throws {
        let machine = try BuildMachine()
        let run = try startWaiting(machine)
        #expect(try machine.exec([], "true").status == 0)
        #expect(try machine.start(["sweep"]).wait().status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try finish(run).status == 0)
        expectNothingLeft(machine)
    }

    @Test func `after SIGKILL the command is asked to end, and may`() throws {
        let machine = try BuildMachine()
        let trap = "trap 'echo asked > \(machine.sandbox.path)/end; exit' TERM"
        // The shell says of its child that it was terminated, and with us its standard error is gone.
        let loop = "echo ready; while :; do sleep 0.1; done"
        let script = trap + "; exec 2> /dev/null; echo $$ > \(machine.sandbox.path)/pid; " + loop
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", script])
        try run.await("ready")
        let command = try #require(machine.sandbox.text("pid").flatMap { pid_t($0.dropLast()) })
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        #expect(hasEnded(command))
        #expect(machine.sandbox.text("end") == "asked\n")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    // MARK: Places

    @Test(.enabled(if: geteuid() == 0, "it takes root to make such a place"))
    func `without a home the record lies in a folder of this user`() throws {
        let machine = try BuildMachine()
        let executable = machine.sandbox.file("pulumi-token")
        #expect(try Program("cp", [Executable.path, executable]).run().status == 0)
        // A /tmp of its own, with the sandbox, which may lie there.
        let script = """
            set -e
            mount --bind "$1" /mnt
            mount -t tmpfs none /tmp
            mkdir -p "$1"
            mount --bind /mnt "$1"
            "$2" exec -q -- /bin/sh -c 'cd /tmp/pulumi-token-0 && stat -c "%a %F" . *.json'
            echo over
            ls /tmp/pulumi-token-0
            """
        let words = ["--mount", "sh", "-c", script, "sh", machine.sandbox.path, executable]
        var program = Program("unshare", words, environment: machine.shellEnvironment)
        program.environment["HOME"] = nil
        let result = try program.run()
        #expect(result.output == "700 directory\n600 regular file\nover\n", "\(result)")
        #expect(result.status == 0)
        #expect(machine.cloud.tokens(.minted).count == 1)
        expectNothingLeft(machine)
    }

    @Test func `where no record can be written nothing is minted`() throws {
        let machine = try BuildMachine()
        try machine.sandbox.write("", to: "file")
        let result = try machine.exec([], "echo ran") {
            $0.environment["XDG_STATE_HOME"] = machine.sandbox.file("file")
        }
        #expect(result.status == 125)
        #expect(result.error.contains("cannot write the lease"))
        #expect(machine.cloud.tokens(.minted).isEmpty)
        #expect(machine.jobFolders.isEmpty)
    }
}
