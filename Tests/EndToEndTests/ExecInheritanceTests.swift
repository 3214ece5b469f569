import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What a command of `exec` inherits beside variables: descriptors, limits, the signal mask, what is ignored.
@Suite(.ownThreads) struct ExecInheritanceTests {
    @Test func `standard input is passed through byte by byte`() throws {
        let machine = try BuildMachine()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let result = try machine.exec([], "cat > \(machine.sandbox.path)/copy") { $0.input = .bytes(bytes) }
        #expect(result.status == 0)
        #expect(machine.sandbox.contents("copy") == bytes)
    }

    @Test func `who writes to a command that reads no more learns it`() throws {
        let machine = try BuildMachine()
        let pipe = try Pipe()
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", "exec 0<&-; echo closed; read line <&9"]) {
            $0.descriptors = [(pipe.readEnd, 9)]
            $0.input = .held
        }
        close(pipe.takeReadEnd())
        try run.await("closed")
        #expect(run.inputIsBroken)
        pipe.closeWriteEnd()
        _ = try run.wait()
    }

    @Test(arguments: [[], ["--no-redact"]])
    func `descriptors that were open stay open, and there are no others`(options: [String]) throws {
        let result = try afterPython(
            "os.closerange(3, 4096); os.dup2(os.open('/dev/zero', os.O_RDONLY), 9); os.close(3)",
            options: options,
            // The shell opens the folder itself.
            ["/bin/sh", "-c", "cd /proc/self/fd; for fd in *; do readlink $fd >/dev/null && echo $fd; done"]
        )
        #expect(result.output == "0\n1\n2\n9\n")
    }

    @Test(arguments: [[0], [1], [2], [0, 1, 2]] as [[Int32]])
    func `a standard descriptor that was closed stays closed`(closed: [Int32]) throws {
        let machine = try BuildMachine()
        let script =
            "exec 9> \(machine.sandbox.path)/closed; for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] || echo $fd >&9; done"
        let result = try machine.exec([], script) { $0.closed = closed }
        #expect(result.status == 0)
        let seen = try #require(machine.sandbox.text("closed"))
        #expect(seen.split(separator: "\n").compactMap { Int32($0) } == closed)
        expectNothingLeft(machine)
    }

    @Test func `make's job server reaches a make in the command`() throws {
        let machine = try BuildMachine()
        try machine.sandbox.write(
            """
            all: ; +@"\(Executable.path)" exec -q -- $(MAKE) -f inner.mk
            """,
            to: "Makefile"
        )
        try machine.sandbox.write("all: a b c d\na b c d: ; @echo $@\n", to: "inner.mk")
        let words = ["-j4", "-C", machine.sandbox.path]
        let result = try Program("make", words, environment: machine.shellEnvironment).run()
        #expect(result.status == 0)
        #expect(!result.error.contains("jobserver"))
        #expect(["a\n", "b\n", "c\n", "d\n"].allSatisfy(result.output.contains))
    }

    @Test func `make as the command has a job server of its own`() throws {
        let machine = try BuildMachine()
        // Each waits for the other, so they only end when they run at once.
        try machine.sandbox.write(
            """
            all: a b
            a: ; @mkfifo ab 2>/dev/null; echo > ab; echo a
            b: ; @mkfifo ab 2>/dev/null; read x < ab; echo b
            """,
            to: "Makefile"
        )
        let result = try machine.start(["exec", "-q", "--", "make", "-j4", "-C", machine.sandbox.path]).wait()
        #expect(result.status == 0)
        #expect(result.errorBytes.isEmpty)
        #expect(["a\n", "b\n"].allSatisfy(result.output.contains))
    }

    /// Runs `exec` from a Python that has prepared its own state.
    private func afterPython(
        _ preparation: String,
        options: [String] = [],
        _ command: [String]
    ) throws -> Outcome {
        let machine = try BuildMachine()
        let words = [Executable.path, "exec", "-q"] + options + ["--"] + command
        let script = "import os, resource, signal, sys\n\(preparation)\nos.execv(sys.argv[1], sys.argv[1:])"
        let result = try Program("python3", ["-c", script] + words, environment: machine.shellEnvironment).run()
        expectNothingLeft(machine)
        return result
    }

    @Test func `what was ignored is ignored, all else has its default`() throws {
        let ignored = "for s in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD): signal.signal(s, signal.SIG_IGN)"
        // Python itself ignores two.
        let reset = "for s in (signal.SIGPIPE, signal.SIGXFSZ): signal.signal(s, signal.SIG_DFL)"
        let result = try afterPython("\(ignored)\n\(reset)", ["cat", "/proc/self/status"])
        let words = result.output.split { $0.isWhitespace }
        let values = ["SigIgn:", "SigCgt:"].map { name in
            words.firstIndex(of: Substring(name)).flatMap { UInt64(words[$0 + 1], radix: 16) }
        }
        // Those from 32 on belong to the C library.
        #expect(values.map { $0.map { $0 & 0x7FFF_FFFF } } == [0x10003, 0])
    }

    @Test func `the signal mask is that of the start`() throws {
        let blocked = "signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGWINCH})"
        let result = try afterPython(blocked, ["grep", "SigBlk", "/proc/self/status"])
        #expect(result.output == "SigBlk:\t0000000008000200\n")
    }

    @Test func `the limit for core dumps is that of the start`() throws {
        let limit = "resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))"
        let result = try afterPython(limit, ["/bin/sh", "-c", "ulimit -c"])
        #expect(result.output == "8\n", "blocks of 512 bytes")
    }

    @Test func `exit codes are not lost when the parent ignores SIGCHLD`() throws {
        let result = try afterPython("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", ["/bin/sh", "-c", "exit 7"])
        #expect(result.status == 7)
    }

    @Test func `nohup works on the command`() throws {
        let machine = try BuildMachine()
        let words = [Executable.path, "exec", "-q", "--", "/bin/sh", "-c"]
        let script = "trap 'echo usr1' USR1; echo ready; while :; do read line && break; done; echo over"
        var program = Program("nohup", words + [script], environment: machine.shellEnvironment)
        program.input = .held
        let run = try program.start()
        try run.await("ready")
        run.signal(SIGHUP)
        run.signal(SIGUSR1)
        try run.await("usr1")
        run.send("go on\n")
        #expect(try run.wait().status == 0)
        #expect(run.outputSoFar.contains("over"))
        expectNothingLeft(machine)
    }
}
