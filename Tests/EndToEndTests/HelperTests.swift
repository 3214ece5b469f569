import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// `exec --helper`: no token in any environment, and a new one when it ends.
@Suite(.ownThreads) struct HelperTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func start(
        _ story: String,
        _ options: [String] = [],
        _ change: (inout Program) -> Void = { _ in }
    ) throws -> RunningProgram {
        try machine.start(["exec", "--helper"] + options + ["--"] + AskingStandIn.words(machine, story), change)
    }

    private func run(
        _ story: String,
        _ options: [String] = [],
        _ change: (inout Program) -> Void = { _ in }
    ) throws -> Outcome {
        try start(story, options, change).wait()
    }

    private func revokeNewest() throws {
        try machine.cloud.revoke(id: try #require(machine.cloud.liveTokens.last?.id))
    }

    @Test func `a command that never asks mints nothing and finds no token`() throws {
        let result = try machine.start(["exec", "--helper", "--", "/bin/sh", "-c", "env; cat /proc/self/environ"])
            .wait()
        #expect(result.status == 0)
        #expect(machine.cloud.requests.isEmpty)
        #expect(!result.output.contains("PULUMI_ACCESS_TOKEN") && !result.output.contains(machine.parent))
        let variables = result.output.split(separator: "\n")
        #expect(variables.contains("PULUMI_CREDENTIAL_HELPER=\(Executable.path)"))
        #expect(variables.contains(#"PULUMI_CREDENTIAL_HELPER_ARGS=["credential-helper"]"#))
        #expect(variables.contains("PULUMI_BACKEND_URL=\(machine.cloud.url)"))
        #expect(
            variables.contains { $0.hasPrefix("PULUMI_CREDENTIALS_PATH=\(machine.sandbox.path)/tmp/pulumi-token-") }
        )
        expectNothingLeft(machine)
    }

    @Test func `twenty processes that ask at once have one token`() throws {
        let story = """
            import threading
            tokens = []
            threads = [threading.Thread(target=lambda: tokens.append(CLI().token)) for _ in range(20)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            say([len(tokens), len(set(tokens)), status(tokens[0]), [key for key in os.environ if 'ACCESS' in key]])
            """
        let result = try run(story)
        #expect(result.output == "[20, 1, 200, []]\n")
        #expect(machine.cloud.tokens(.minted).count == 1)
        #expect(result.error.contains("pulumi-token: minted ") && result.error.contains("pulumi-token: revoked "))
        expectNothingLeft(machine)
    }

    @Test func `an update as long as three lives loses nothing, and two are revoked on the way`() throws {
        let story = """
            up = CLI()
            for life in range(3):
                say('%d %s' % (life, up.request()))
                wait()
            say('complete %s' % up.request())
            """
        let update = try start(story) { $0.input = .held }
        for life in 0..<3 {
            try update.await("\(life) 200\n")
            #expect(machine.cloud.wait { $0.liveTokens == 1 })
            if life < 2 { try revokeNewest() }
            update.send("x")
        }
        update.closeInput()
        let result = try update.wait()
        #expect(result.status == 0 && result.output.hasSuffix("complete 200\n"))
        #expect(machine.cloud.tokens(.minted).count == 3)
        expectNothingLeft(machine)
    }

    @Test func `a renewed token is hidden from the output as the first is`() throws {
        let story = """
            up = CLI()
            say('first ' + up.token)
            up.token = answer('rejected', backend)['accessToken']
            say('second ' + up.token)
            os.write(2, (up.token + '\\n').encode())
            """
        let result = try run(story, ["-q"])
        #expect(result.output == "first ***\nsecond ***\n")
        #expect(result.error == "***\n")
        #expect(machine.cloud.tokens(.minted).count == 2)
    }

    @Test func `neither a trace of the shell nor the memory of the command shows the token`() throws {
        let ask = try AskingStandIn.words(machine, "CLI()")
        let dump = #"""
            import re, sys
            with open('/proc/%s/maps' % sys.argv[1]) as maps, open('/proc/%s/mem' % sys.argv[1], 'rb') as memory:
                for line in maps:
                    found = re.match(r'([0-9a-f]+)-([0-9a-f]+) r.*?(\S*)$', line)
                    if not found or found.group(3) in ('[vvar]', '[vsyscall]', '[vvar_vclock]'): continue
                    memory.seek(int(found.group(1), 16))
                    sys.stdout.buffer.write(memory.read(int(found.group(2), 16) - int(found.group(1), 16)))
            """#
        let dumper = try machine.sandbox.write(dump, to: "dump.py")
        let memory = machine.sandbox.file("memory")
        let script = "set -x; \(ask.joined(separator: " ")); python3 \(dumper) $$ > \(memory); ps e; env"
        let result = try machine.start(["exec", "--helper", "--no-redact", "--", "/bin/sh", "-c", script]).wait()
        #expect(result.status == 0, "\(result.error)")
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        let seen = try #require(machine.sandbox.contents("memory"))
        #expect(seen.count > 1 << 16)
        #expect(!seen.contains(Array(token.utf8)) && !seen.contains(Array(machine.parent.utf8)))
        #expect(leaks(of: [token, machine.parent], in: result.log) == [])
    }

    @Test func `a helper without its server says so in one line, and a CLI that is too old is told its version`() throws
    {
        let old = try machine.start(["exec", "--helper", "--", "/bin/sh", "-c", "echo no token >&2; exit 3"]).wait()
        #expect(old.status == 3)
        #expect(old.error.contains("the Pulumi CLI asks since version 3.274"))
        let asked = try run("CLI(); sys.exit(3)")
        #expect(asked.status == 3 && !asked.error.contains("3.274"))
        var program = Program(Executable.path, ["credential-helper"], environment: machine.withCredential)
        program.environment["PULUMI_TOKEN_HELPER_SOCKET"] = machine.sandbox.file("tmp/helper")
        program.environment["GITHUB_ACTIONS"] = "true"
        program.input = .bytes(Array(#"{"version":1,"reason":"initial"}"#.utf8))
        let alone = try program.run()
        #expect(alone.status == 69 && alone.output.isEmpty)
        #expect(alone.error.split(separator: "\n").count == 1 && !alone.error.contains("::"))
    }

    @Test(.seesGuardians) func `a request that ends with the command is undone`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let story = """
            import threading
            def ask():
                try: CLI()
                except BaseException: pass
            threading.Thread(target=ask, daemon=True).start()
            wait()
            os._exit(0)
            """
        let exec = try start(story, ["--timeout", "5s"]) { $0.input = .held }
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        exec.closeInput()
        _ = try exec.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
    }

    @Test(.seesGuardians, arguments: ["POST", "DELETE"])
    func `killed while its server is at work, nothing is left`(method: String) throws {
        let story = """
            up = CLI()
            say('ready')
            up.token = answer('rejected', backend)['accessToken']
            wait()
            """
        machine.cloud.misbehave(.hold(acting: method == "POST", method: method, nth: method == "POST" ? 2 : 1))
        let exec = try start(story, ["--timeout", "5s"]) { $0.input = .held }
        try exec.await("ready")
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        exec.signal(SIGKILL)
        _ = try exec.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
        #expect(machine.jobFolders.isEmpty && machine.leases.isEmpty)
    }

    @Test(.seesGuardians) func `killed between two questions, its command ends and its token is revoked`() throws {
        let exec = try start("CLI(); say(os.getpid()); wait()") { $0.input = .held }
        try exec.await("\n")
        let command = try #require(pid_t(exec.outputSoFar.split(separator: "\n")[0]))
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(hasEnded(command))
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    @Test func `a canceled command can still ask, and so can what tidies up after it`() throws {
        let story = """
            import signal
            up = CLI()
            def stop(number, frame):
                say('told %s' % CLI().request())
                os._exit(1)
            signal.signal(signal.SIGTERM, stop)
            say('ready')
            while True: signal.pause()
            """
        let tidy = try AskingStandIn.words(machine, "say('tidied %s' % CLI().request())", named: "tidy.py")
        let exec = try start(story, ["--on-cancel", tidy.map { "'\($0)'" }.joined(separator: " ")])
        try exec.await("ready")
        exec.signal(SIGTERM)
        let result = try exec.wait()
        #expect(result.output.contains("told 200") && result.error.contains("tidied 200"))
        #expect(machine.cloud.tokens(.minted).count == 1)
        expectNothingLeft(machine)
    }

    @Test func `an identity token is exchanged anew for each token`() throws {
        machine.cloud.configure { $0.exchangedTokensMayMint = true }
        let identity = try machine.cloud.identityToken(.init(audience: "urn:pulumi:org:acme"))
        let story = """
            up = CLI()
            up.token = answer('rejected', backend)['accessToken']
            say([up.request(), [key for key, value in os.environ.items() if len(value) > 300]])
            """
        let words = try AskingStandIn.words(machine, story)
        let options = ["--oidc-org", "acme", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN"]
        let exec = try machine.start(["exec", "--helper", "-q"] + options + ["--"] + words) {
            $0.environment["PULUMI_ACCESS_TOKEN"] = nil
            $0.environment["ID_TOKEN"] = identity
        }
        #expect(try exec.wait().output == "[200, []]\n")
        #expect(machine.cloud.tokens(.exchanged).count >= 2)
        expectNothingLeft(machine)
    }
}
