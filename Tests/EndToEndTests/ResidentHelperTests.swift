import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// `mint --export helper`: a server that outlives the command which has started it.
@Suite(.ownThreads, .seesGuardians) struct ResidentHelperTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private var mint: String { "eval \"$(\(Executable.path) mint --export helper)\" || exit" }
    private var revoke: String { "\(Executable.path) revoke" }

    /// The words of a shell that run a story of the stand-in for the CLI.
    private func asking(_ story: String) throws -> String {
        try AskingStandIn.words(machine, story).map { "'\($0)'" }.joined(separator: " ")
    }

    private func start(_ script: String, _ change: (inout Program) -> Void = { _ in }) throws -> RunningProgram {
        var program = Program("sh", ["-c", script], environment: machine.shellEnvironment)
        change(&program)
        return try program.start()
    }

    private func expectEnd(of server: Int32) throws {
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(hasEnded(server))
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    @Test func `nothing is minted before somebody asks, and the shell has no credential any more`() throws {
        let script = "\(mint); env; cat /proc/self/environ; \(revoke)"
        let job = try start(script).wait()
        #expect(job.status == 0, "\(job.error)")
        #expect(machine.cloud.requests.isEmpty)
        #expect(!job.output.contains("PULUMI_ACCESS_TOKEN=") && !job.output.contains(machine.parent))
        let variables = job.output.split(separator: "\n")
        #expect(variables.contains("PULUMI_CREDENTIAL_HELPER=\(Executable.path)"))
        #expect(variables.contains(#"PULUMI_CREDENTIAL_HELPER_ARGS=["credential-helper"]"#))
        #expect(job.error.contains("PULUMI_CREDENTIAL_HELPER asks a helper that has ended"))
        try expectEnd(of: try #require(job.server))
    }

    @Test func `all commands of a shell have one token, which revoke ends with the server`() throws {
        let ask = try asking("say([CLI().token, status(CLI().token)])")
        let script = "\(mint); a=$(\(ask)); b=$(\(ask)); [ \"$a\" = \"$b\" ] && \(revoke) && echo \"$a\""
        let job = try start(script).wait()
        #expect(job.status == 0, "\(job.error)")
        #expect(job.output.hasSuffix(", 200]\n"))
        let minted = machine.cloud.tokens(.minted)
        #expect(minted.count == 1)
        #expect(job.error.contains("pulumi-token: revoked \(try #require(minted.first?.id))\n"), "\(job.error)")
        try expectEnd(of: try #require(job.server))
    }

    @Test func `another shell that knows the session ends it, and its own variables are forgotten`() throws {
        let script = """
            \(mint); \(try asking("CLI()"))
            env -u PULUMI_TOKEN_HELPER_SOCKET \(Executable.path) revoke || exit
            eval "$(\(revoke) --export shell)"; env
            """
        let job = try start(script).wait()
        #expect(job.status == 0, "\(job.error)")
        #expect(!job.output.contains("PULUMI_CREDENTIAL") && !job.output.contains("PULUMI_TOKEN_"))
        try expectEnd(of: try #require(job.server))
    }

    @Test func `the token goes with the shell, although another shell has asked for the helper`() throws {
        let script = """
            eval "$(\(Executable.path) mint --export helper || echo exit)"
            \(try asking("CLI()")); echo ready; while :; do sleep 1; done
            """
        let job = try start(script) { $0.hasOwnGroup = true }
        try job.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        job.signal(SIGKILL)
        kill(-job.process, SIGKILL)
        let outcome = try job.waitForExit()
        try expectEnd(of: try #require(outcome.server))
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `a server that is told to end, or killed, leaves no token`(signal: Int32) throws {
        let job = try start("\(mint); \(try asking("CLI()")); echo ready; read line") { $0.input = .held }
        try job.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        let server = try #require(job.errorSoFar.server)
        kill(server, signal)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        job.closeInput()
        _ = try job.wait()
        try expectEnd(of: server)
    }

    @Test func `it ends when the job's time is up`() throws {
        let job = try start("\(mint); \(try asking("CLI()")); echo ready; read line") {
            $0.input = .held
            $0.environment.merge(["GITLAB_CI": "true", "CI": "true", "CI_JOB_ID": "7", "CI_JOB_TIMEOUT": "1"]) { $1 }
        }
        try job.await("ready")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        job.closeInput()
        try expectEnd(of: try #require(try job.wait().server))
    }

    @Test func `nobody waits for its streams, and ps shows what it is`() throws {
        let job = try start("\(mint); echo ready; read line") { $0.input = .held }
        try job.await("ready")
        let server = try #require(job.errorSoFar.server)
        #expect(text(of: "/proc/\(server)/cmdline") == "pulumi-token helper\0helper\0")
        // A moment after its program.
        #expect(comesTrue { text(of: "/proc/\(server)/comm") == "pulumi-token-hp\n" })
        #expect(text(of: "/proc/\(server)/environ") == "")
        #expect(getsid(server) != getsid(0))
        job.closeInput()
        // At the end of its output, which nobody holds open.
        _ = try job.wait()
        try expectEnd(of: server)
    }

    @Test func `in make, a recipe that never calls Pulumi mints nothing`() throws {
        let makefile = """
            check:
            \t@\(mint.replacing("$", with: "$$")); echo checked
            deploy: check
            \t@\(mint.replacing("$", with: "$$")); \(try asking("say(CLI().request())"))
            """
        try machine.sandbox.write(makefile, to: "Makefile")
        let run = { goal in
            try Program("make", ["-C", machine.sandbox.path, goal], environment: machine.shellEnvironment).run()
        }
        let check = try run("check")
        #expect(check.status == 0 && check.output.contains("checked\n"), "\(check.error)")
        #expect(machine.cloud.requests.isEmpty)
        let deploy = try run("deploy")
        #expect(deploy.status == 0 && deploy.output.contains("200\n"), "\(deploy.error)")
        #expect(machine.cloud.tokens(.minted).count == 1)
        try expectEnd(of: try #require(deploy.server))
    }

    @Test func `a mint that is killed before the shell has the helper leaves no server`() throws {
        let pipe = machine.sandbox.file("pipe")
        // Nobody reads, so that it waits with what it prints.
        let script = """
            mkfifo '\(pipe)'; exec 3<> '\(pipe)'; head -c 65536 /dev/zero >&3
            exec \(Executable.path) mint --export helper -v >&3
            """
        let mint = try start(script)
        try mint.awaitError("started the token server as process ")
        try mint.read { $0.errorSoFar.hasSuffix("\n") }
        mint.signal(SIGKILL)
        let server = try #require(Int32(try mint.wait().error.between("the token server as process ", "\n")))
        try expectEnd(of: server)
    }

    /// Starts a job whose server has answered one question, and which ends it at the next line of its input.
    private func startAnswered() throws -> (job: RunningProgram, server: Int32) {
        let job = try start("\(mint); \(try asking("CLI()")); echo ready; read line; \(revoke)") { $0.input = .held }
        try job.await("ready")
        return (job, try #require(job.errorSoFar.server))
    }

    @Test(.enabled(if: geteuid() == 0, "it takes root to look into such a process"))
    func `once it has answered, the reply that brought the token is not in its memory`() throws {
        let (job, server) = try startAnswered()
        let word = "\"tokenValue\":\"\(try #require(machine.mintedValues.first))"
        var search = Program("python3", ["-c", MemorySearch.now, "\(server)"])
        search.input = .bytes(Array(word.utf8))
        let seen = try search.run()
        #expect(seen.output == "found nothing\n", "\(seen.log)")
        job.closeInput()
        #expect(try job.wait().status == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "it takes root to look into such a process"))
    func `at its end its memory holds neither the parent credential nor a token`() throws {
        let (job, server) = try startAnswered()
        var watcher = Program("python3", ["-c", MemorySearch.atExit, "\(server)"])
        watcher.input = .held
        let watching = try watcher.start()
        try watching.await("watching")
        watching.send(([machine.parent] + machine.mintedValues).joined(separator: "\n"))
        watching.closeInput()
        job.send("\n")
        let seen = try watching.wait()
        #expect(seen.output == "watching\nfound nothing\n", "\(seen.log)")
        job.closeInput()
        #expect(try job.wait().status == 0)
    }
}

/// Python that looks for the lines of its input in the memory of a process, and says where it has found them.
private enum MemorySearch {
    static let now = search + "look(sys.argv[1])\n"
    static let atExit =
        search + #"""
            import ctypes, signal
            libc = ctypes.CDLL(None, use_errno=True)
            server = int(sys.argv[1])
            # PTRACE_SEIZE, and a stop before the memory goes.
            if libc.ptrace(0x4206, server, None, ctypes.c_void_p(1 << 6)) != 0: sys.exit('cannot look')
            os.write(1, b'watching\n')
            while True:
                _, status = os.waitpid(server, 0x40000000)
                if os.WIFEXITED(status) or os.WIFSIGNALED(status): sys.exit('it was gone: %x' % status)
                if status >> 8 == signal.SIGTRAP | 6 << 8: break
                libc.ptrace(7, server, None, ctypes.c_void_p(os.WSTOPSIG(status) if status >> 16 == 0 else 0))
            look(server)
            """#

    private static let search = #"""
        import os, re, sys
        def look(process):
            words = sys.stdin.read().split('\n')
            found, size = [], 0
            with open(f'/proc/{process}/maps') as maps, open(f'/proc/{process}/mem', 'rb') as memory:
                for line in maps:
                    region = re.match('([0-9a-f]+)-([0-9a-f]+) rw', line)
                    if not region: continue
                    start, end = (int(number, 16) for number in region.groups())
                    memory.seek(start)
                    text = memory.read(end - start)
                    size += len(text)
                    for number, word in enumerate(words):
                        for place in re.finditer(re.escape(word.encode()), text):
                            found.append(f'word {number} at {start + place.start():#x} in {line.strip()}')
            if size < 1 << 20: found.append(f'only {size} bytes')
            print('\n'.join(found) or 'found nothing')

        """#
}

extension Outcome {
    /// The process that gives tokens, as `mint` has said.
    fileprivate var server: Int32? { error.server }
}

extension String {
    fileprivate var server: Int32? { Int32(between("process ", " gives tokens")) }
}
