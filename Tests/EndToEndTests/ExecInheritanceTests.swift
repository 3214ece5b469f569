import CloudEmulator
import Glibc
import Testing

/// What a command of `exec` inherits beside variables: descriptors, limits, the signal mask, what is ignored.
@Suite struct ExecInheritanceTests {
    @Test func `standard input is passed through byte by byte`() throws {
        let bench = try Workbench()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let result = try bench.exec([], "cat > \(bench.folder)/copy") { $0.input = bytes }
        #expect(result.code == 0)
        #expect(contents(bench.folder + "/copy") == bytes)
    }

    @Test func `who writes to a command that reads no more learns it`() throws {
        let bench = try Workbench()
        let pipe = try makePipe()
        let run = try bench.start(["exec", "-q", "--", "/bin/sh", "-c", "exec 0<&-; echo closed; read line <&9"]) {
            $0.descriptors = [(pipe.read, 9)]
            $0.input = nil
        }
        close(pipe.read)
        try run.await("closed")
        #expect(run.inputIsBroken)
        close(pipe.write)
        _ = try run.result()
    }

    @Test(arguments: [[], ["--no-redact"]])
    func `descriptors that were open stay open, and there are no others`(options: [String]) throws {
        let result = try afterPython(
            "os.closerange(3, 4096); os.dup2(os.open('/dev/zero', os.O_RDONLY), 9); os.close(3)",
            options: options,
            // The shell opens the folder itself.
            ["/bin/sh", "-c", "cd /proc/self/fd; for fd in *; do readlink $fd >/dev/null && echo $fd; done"]
        )
        #expect(result.text == "0\n1\n2\n9\n")
    }

    @Test(arguments: [[0], [1], [2], [0, 1, 2]] as [[Int32]])
    func `a standard descriptor that was closed stays closed`(closed: [Int32]) throws {
        let bench = try Workbench()
        let script = "exec 9> \(bench.folder)/closed; for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] || echo $fd >&9; done"
        let result = try bench.exec([], script) { $0.closed = closed }
        #expect(result.code == 0)
        let seen = String(decoding: contents(bench.folder + "/closed"), as: UTF8.self)
        #expect(seen.split(separator: "\n").compactMap { Int32($0) } == closed)
        expectNothingLeft(bench)
    }

    @Test func `make's job server reaches a make in the command`() throws {
        let bench = try Workbench()
        try bench.write(
            "Makefile",
            """
            all: ; +@"\(Workbench.executable)" exec -q -- $(MAKE) -f inner.mk
            """
        )
        try bench.write("inner.mk", "all: a b c d\na b c d: ; @echo $@\n")
        var launch = Launch(["/usr/bin/make", "-j4", "-C", bench.folder], environment: bench.environment)
        launch.unset("MAKEFLAGS")
        let result = try Run(launch).result()
        #expect(result.code == 0)
        #expect(!result.errorText.contains("jobserver"))
        #expect(["a\n", "b\n", "c\n", "d\n"].allSatisfy(result.text.contains))
    }

    @Test func `make as the command has a job server of its own`() throws {
        let bench = try Workbench()
        // Each waits for the other, so they only end when they run at once.
        try bench.write(
            "Makefile",
            """
            all: a b
            a: ; @mkfifo ab 2>/dev/null; echo > ab; echo a
            b: ; @mkfifo ab 2>/dev/null; read x < ab; echo b
            """
        )
        let result = try bench.start(["exec", "-q", "--", "make", "-j4", "-C", bench.folder]).result()
        #expect(result.code == 0)
        #expect(result.error.isEmpty)
        #expect(["a\n", "b\n"].allSatisfy(result.text.contains))
    }

    /// Runs `exec` from a Python that has prepared its own state.
    private func afterPython(
        _ preparation: String,
        options: [String] = [],
        _ command: [String]
    ) throws -> Run.Result {
        let bench = try Workbench()
        let words = [Workbench.executable, "exec", "-q"] + options + ["--"] + command
        let script = "import os, resource, signal, sys\n\(preparation)\nos.execv(sys.argv[1], sys.argv[1:])"
        let result = try Run(
            Launch(["/usr/bin/env", "python3", "-c", script] + words, environment: bench.environment)
        ).result()
        expectNothingLeft(bench)
        return result
    }

    @Test func `what was ignored is ignored, all else has its default`() throws {
        let ignored = "for s in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD): signal.signal(s, signal.SIG_IGN)"
        // Python itself ignores two.
        let reset = "for s in (signal.SIGPIPE, signal.SIGXFSZ): signal.signal(s, signal.SIG_DFL)"
        let result = try afterPython("\(ignored)\n\(reset)", ["cat", "/proc/self/status"])
        let words = result.text.split { $0.isWhitespace }
        let values = ["SigIgn:", "SigCgt:"].map { name in
            words.firstIndex(of: Substring(name)).flatMap { UInt64(words[$0 + 1], radix: 16) }
        }
        // Those from 32 on belong to the C library.
        #expect(values.map { $0.map { $0 & 0x7FFF_FFFF } } == [0x10003, 0])
    }

    @Test func `the signal mask is that of the start`() throws {
        let blocked = "signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGWINCH})"
        let result = try afterPython(blocked, ["grep", "SigBlk", "/proc/self/status"])
        #expect(result.text == "SigBlk:\t0000000008000200\n")
    }

    @Test func `the limit for core dumps is that of the start`() throws {
        let limit = "resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))"
        let result = try afterPython(limit, ["/bin/sh", "-c", "ulimit -c"])
        #expect(result.text == "8\n", "blocks of 512 bytes")
    }

    @Test func `exit codes are not lost when the parent ignores SIGCHLD`() throws {
        let result = try afterPython("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", ["/bin/sh", "-c", "exit 7"])
        #expect(result.code == 7)
    }

    @Test func `nohup works on the command`() throws {
        let bench = try Workbench()
        let words = ["/usr/bin/nohup", Workbench.executable, "exec", "-q", "--", "/bin/sh", "-c"]
        let script = "trap 'echo usr1' USR1; echo ready; while :; do read line && break; done; echo over"
        var launch = Launch(words + [script], environment: bench.environment)
        launch.input = nil
        let run = try Run(launch)
        try run.await("ready")
        run.signal(SIGHUP)
        run.signal(SIGUSR1)
        try run.await("usr1")
        run.send("go on\n")
        #expect(try run.result().code == 0)
        #expect(contains(run.output, "over"))
        expectNothingLeft(bench)
    }
}
