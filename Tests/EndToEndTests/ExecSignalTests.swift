import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// Signals without a terminal: as a CI system sends them to our process alone.
@Suite struct ExecSignalTests {
    /// Says `ready`, then `got NAME` for each signal that arrives, and `over` when a line comes.
    private static let listener = """
        import os, signal, sys, threading
        signals = {getattr(signal, name) for name in sys.argv[1].split(',')}
        def say(text): os.write(1, (text + '\\n').encode())
        def listen():
            while True: say('got ' + signal.Signals(signal.sigwait(signals)).name)
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        threading.Thread(target=listen, daemon=True).start()
        say('ready')
        os.read(0, 1)
        say('over')
        os._exit(0)
        """

    private func startListener(
        _ machine: BuildMachine,
        to names: String,
        _ options: [String] = []
    ) throws -> RunningProgram {
        let words = ["--", "python3", "-c", Self.listener, names]
        let run = try machine.start(["exec", "-q"] + options + words) { $0.input = .held }
        try run.await("ready")
        return run
    }

    private static let numbers: [String: Int32] = [
        "SIGINT": SIGINT, "SIGTERM": SIGTERM, "SIGHUP": SIGHUP, "SIGQUIT": SIGQUIT, "SIGUSR1": SIGUSR1,
        "SIGUSR2": SIGUSR2, "SIGWINCH": SIGWINCH, "SIGTSTP": SIGTSTP, "SIGCONT": SIGCONT,
    ]

    @Test(arguments: numbers.keys.sorted())
    func `each signal reaches a command that handles it, which then goes on`(name: String) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: name)
        run.signal(try #require(Self.numbers[name]))
        try run.await("got \(name)")
        #expect(machine.cloud.liveTokens.count == 1)
        run.send("\n")
        let result = try run.wait()
        #expect(result.status == 0)
        #expect(result.output == "ready\ngot \(name)\nover\n", "it came once")
        expectNothingLeft(machine)
    }

    @Test(arguments: ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
    func `each signal that ends programs ends the command`(name: String) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: "SIGCONT")
        let number = try #require(Self.numbers[name])
        run.signal(number)
        let result = try run.wait()
        #expect(result.status == 128 + number)
        expectNothingLeft(machine)
    }

    @Test(arguments: ["SIGINT", "SIGTERM", "SIGHUP"])
    func `a command that ignores the request is killed, but revoked for first`(name: String) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: name, ["--kill-after", "1s"])
        let command = try #require(ProcessTree(of: run.process).pids.last)
        machine.cloud.misbehave(.stall(.beforeActing, method: "DELETE"))
        run.signal(try #require(Self.numbers[name]))
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        #expect(kill(command, 0) == 0, "the command still runs while its token is being revoked")
        machine.cloud.release()
        let result = try run.wait()
        #expect(result.status == 128 + SIGKILL)
        #expect(kill(command, 0) != 0)
        expectNothingLeft(machine)
    }

    @Test(arguments: [(SIGINT, SIGTERM), (SIGTERM, SIGINT)])
    func `a second request is the last`(first: Int32, second: Int32) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: "SIGINT,SIGTERM", ["--kill-after", "1h"])
        run.signal(first)
        try run.await("got")
        run.signal(second)
        #expect(try run.wait().status == 128 + SIGKILL)
        expectNothingLeft(machine)
    }

    @Test func `signals that ask for nothing are no request`() throws {
        let machine = try BuildMachine()
        let names = ["SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGWINCH", "SIGCONT"]
        let run = try startListener(machine, to: (names + ["SIGHUP"]).joined(separator: ","), ["--kill-after", "1h"])
        for name in names + ["SIGHUP"] {
            run.signal(try #require(Self.numbers[name]))
            try run.await("got \(name)")
        }
        run.send("\n")
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }

    @Test func `as GitHub cancels, no token lives when SIGKILL comes`() throws {
        let machine = try BuildMachine()
        // Scaled down: SIGINT now, SIGTERM when the grace is over, SIGKILL soon after.
        let run = try startListener(machine, to: "SIGINT,SIGTERM", ["--kill-after", "1s"])
        run.signal(SIGINT)
        try run.await("got SIGINT")
        #expect(machine.cloud.wait { $0.requests > 1 })
        run.signal(SIGTERM)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a cloud that hangs does not keep the command alive`() throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: "SIGTERM", ["--kill-after", "1s"])
        machine.cloud.misbehave(.hold(acting: false, method: "DELETE", times: 0))
        run.signal(SIGTERM)
        let result = try run.wait()
        #expect(result.status == 128 + SIGKILL)
        #expect(result.error.contains("not revoked: the token"))
        #expect(machine.leases.count == 1, "the record is there for the next run")
        #expect(machine.jobFolders.isEmpty)
    }

    @Test(arguments: ["TERM", "INT"])
    func `what the command has started gets the signal too`(name: String) throws {
        let machine = try BuildMachine()
        let inner = "trap 'echo inner; exit' \(name); echo ready; while :; do sleep 0.01; done"
        let outer = "trap 'echo outer' \(name); sh -c \"$INNER\" & wait; wait; echo over"
        let run = try machine.start(["exec", "-q", "--", "/bin/bash", "-c", outer]) { $0.environment["INNER"] = inner }
        try run.await("ready")
        run.signal(name == "TERM" ? SIGTERM : SIGINT)
        let result = try run.wait()
        // A shell without job control lets its background ignore SIGINT.
        #expect(name == "INT" || result.output.contains("inner"))
        #expect(result.output.contains("outer"))
        expectNothingLeft(machine)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2])
    func `a signal before the command runs undoes the mint`(number: Int32) throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.stall(.afterActing, method: "POST"))
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", "echo ran"])
        #expect(machine.cloud.wait { $0.liveTokens == 1 })
        run.signal(number)
        machine.cloud.release()
        let result = try run.wait()
        #expect(result.status == 128 + number && result.signal == nil)
        #expect(result.output.isEmpty)
        expectNothingLeft(machine)
    }

    // MARK: Stopping

    @Test func `SIGTSTP stops the command and us, SIGCONT continues both`() throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: "SIGCONT")
        run.signal(SIGTSTP)
        #expect(try run.waitUntilStopped() == SIGTSTP)
        let command = try #require(ProcessTree(of: run.process).pids.last)
        #expect(processState(command) == "T")
        run.signal(SIGCONT)
        try run.await("got SIGCONT")
        run.send("\n")
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }

    @Test func `nobody is stopped whom nobody could continue`() throws {
        let machine = try BuildMachine()
        let words = ["--wait", Executable.path, "exec", "-q", "--", "python3", "-c", Self.listener, "SIGCONT"]
        var program = Program("setsid", words, environment: machine.shellEnvironment)
        program.input = .held
        let run = try program.start()
        try run.await("ready")
        let supervisor = try #require(ProcessTree(of: run.process).pids.dropFirst().first)
        kill(supervisor, SIGTSTP)
        // The command was stopped for a moment, which without us it would not have been.
        try run.await("got SIGCONT")
        run.send("\n")
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }

    // MARK: What outlives the command

    @Test(arguments: ["", "setsid"])
    func `what outlives the command neither holds us up nor keeps a token alive`(session: String) throws {
        let machine = try BuildMachine()
        let result = try machine.exec([], "\(session) sleep 1000 & echo $!")
        #expect(result.status == 0)
        let pid = try #require(pid_t(result.output.dropLast()))
        #expect(kill(pid, 0) == 0)
        kill(pid, SIGKILL)
        expectNothingLeft(machine)
    }

    @Test func `what is written soon after the command's end is shown`() throws {
        let machine = try BuildMachine()
        let script = "exec 3<&0; exec > >(cat; read line <&3; echo late); echo early"
        let run = try machine.start(["exec", "-q", "--", "/bin/bash", "-c", script]) { $0.input = .held }
        // Nothing is left to do but to wait for what still writes.
        #expect(machine.cloud.wait { $0.mintedTokens == 1 && $0.liveTokens == 0 })
        run.send("\n")
        #expect(try run.wait().output == "early\nlate\n")
        expectNothingLeft(machine)
    }
}
