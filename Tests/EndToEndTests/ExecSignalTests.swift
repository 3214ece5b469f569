import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// Signals without a terminal: as a CI system sends them to our process alone.
@Suite(.ownThreads) struct ExecSignalTests {
    /// Says `ready`, then `got NUMBER` for each signal that arrives, and `over` when a line comes.
    private static let listener = """
        import os, signal, sys, threading
        signals = {int(number) for number in sys.argv[1].split(',')}
        def say(text): os.write(1, (text + '\\n').encode())
        def listen():
            while True: say('got %d' % signal.sigwait(signals))
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        threading.Thread(target=listen, daemon=True).start()
        say('ready')
        os.read(0, 1)
        say('over')
        os._exit(0)
        """

    private func startListener(
        _ machine: BuildMachine,
        to numbers: Int32...,
        options: [String] = []
    ) throws -> RunningProgram {
        let words = ["--", "python3", "-c", Self.listener, numbers.map(String.init).joined(separator: ",")]
        let run = try machine.start(["exec", "-q"] + options + words) { $0.input = .held }
        try run.await("ready")
        return run
    }

    /// Those that end programs: what people know, what the kernel sends at limits and timers, and real-time ones.
    private static let ending: [Int32] = [
        SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGPWR, SIGIO, SIGSYS,
        SIGSTKFLT, SIGABRT, 34, 41, 64,
    ]

    @Test(arguments: ending + [SIGWINCH, SIGTSTP, SIGCONT])
    func `each signal reaches a command that handles it, which then goes on`(number: Int32) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: number)
        run.signal(number)
        try run.await("got \(number)")
        #expect(machine.cloud.liveTokens.count == 1)
        run.send("\n")
        let result = try run.wait()
        #expect(result.status == 0)
        #expect(result.output == "ready\ngot \(number)\nover\n", "it came once")
        expectNothingLeft(machine)
    }

    @Test(arguments: ending)
    func `each signal that ends programs ends the command`(number: Int32) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: SIGCONT)
        run.signal(number)
        let result = try run.wait()
        #expect(result.status == 128 + number && result.signal == nil)
        expectNothingLeft(machine)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a command that ignores the request is killed when that is asked for, but revoked for first`(
        number: Int32
    ) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: number, options: ["--kill-after", "1s"])
        let command = try #require(ProcessTree(of: run.process).pids.last)
        machine.cloud.misbehave(.stall(.beforeActing, method: "DELETE"))
        run.signal(number)
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        #expect(kill(command, 0) == 0, "the command still runs while its token is being revoked")
        machine.cloud.release()
        let result = try run.wait()
        #expect(result.status == 128 + SIGKILL)
        #expect(kill(command, 0) != 0)
        expectNothingLeft(machine)
    }

    @Test(arguments: [(SIGINT, SIGTERM), (SIGTERM, SIGINT)])
    func `a second request is passed on too`(first: Int32, second: Int32) throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: SIGINT, SIGTERM)
        for number in [first, second] {
            run.signal(number)
            try run.await("got \(number)")
        }
        run.send("\n")
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }

    @Test func `signals that ask for nothing are no request`() throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: SIGUSR1, SIGQUIT, SIGWINCH, options: ["--on-cancel", "echo canceled"])
        for number in [SIGUSR1, SIGQUIT, SIGWINCH] {
            run.signal(number)
            try run.await("got \(number)")
        }
        run.send("\n")
        let result = try run.wait()
        // What is done for a request is done after it, however soon the command ends.
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        expectNothingLeft(machine)
    }

    @Test func `a cloud that hangs does not keep the command alive`() throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: SIGTERM, options: ["--kill-after", "1s"])
        machine.cloud.misbehave(.hold(acting: false, method: "DELETE", times: 0))
        run.signal(SIGTERM)
        let result = try run.wait()
        #expect(result.status == 128 + SIGKILL)
        #expect(result.error.contains("not revoked: token"))
        #expect(machine.leases.count == 1, "the record is there for the next run")
        #expect(machine.jobFolders.isEmpty)
    }

    // In number 41 our own parent may tell something.
    @Test(.seesGuardians, arguments: ending.filter { $0 != 41 })
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
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    // MARK: Stopping

    @Test func `SIGTSTP stops the command and us, SIGCONT continues both`() throws {
        let machine = try BuildMachine()
        let run = try startListener(machine, to: SIGCONT)
        run.signal(SIGTSTP)
        #expect(try run.waitUntilStopped() == SIGTSTP)
        let command = try #require(ProcessTree(of: run.process).pids.last)
        #expect(processState(command) == "T")
        run.signal(SIGCONT)
        try run.await("got \(SIGCONT)")
        run.send("\n")
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }

    @Test func `nobody is stopped whom nobody could continue`() throws {
        let machine = try BuildMachine()
        let words = ["--wait", Executable.path, "exec", "-q", "--", "python3", "-c", Self.listener, String(SIGCONT)]
        var program = Program("setsid", words, environment: machine.shellEnvironment)
        program.input = .held
        let run = try program.start()
        try run.await("ready")
        let supervisor = try #require(ProcessTree(of: run.process).pids.dropFirst().first)
        kill(supervisor, SIGTSTP)
        // The command was stopped for a moment, which without us it would not have been.
        try run.await("got \(SIGCONT)")
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
