import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Signals against a cloud that says nothing: the worst moment, because a request is under way.
@Suite(.ownThreads) struct SignalTests {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Starts a command, waits until its request has arrived, and sends the signal.
    private func interrupt(
        _ arguments: [String],
        on machine: BuildMachine,
        with signal: Int32,
        when report: (Report) -> Bool
    ) throws -> Outcome {
        let environment = machine.withCredential.merging(["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "3s"]) {
            $1
        }
        let running = try Program(Executable.path, arguments, environment: environment).start()
        let isUnderWay = machine.cloud.wait(until: report)
        #expect(isUnderWay)
        running.signal(signal)
        return try running.wait()
    }

    @Test(.seesGuardians, arguments: signals, [false, true])
    func `a mint whose request hangs is given up, and what it may have made is ended`(
        signal: Int32,
        hasActed: Bool
    ) throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: hasActed, method: "POST"))
        let outcome = try interrupt(["mint"], on: machine, with: signal) { $0.misbehaviours == [1] }
        #expect(outcome.status == 128 + signal)
        #expect(
            outcome.error.contains("ended by \(signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP")")
        )
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        // A job that goes on must not do so with the parent credential.
        #expect(outcome.output.hasSuffix("/export.sh\n"))
        // Without its guardian, and later than the server could act.
        try machine.endGuardians()
        try machine.letRequestsAge()
        #expect(try machine.run("revoke", adding: ["PULUMI_TOKEN_SESSION": "s"]).status == 0)
    }

    @Test(arguments: [SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGPWR, SIGIO, 34, 64])
    func `a signal that nobody thinks of ends a mint in order`(signal: Int32) throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let outcome = try interrupt(["mint"], on: machine, with: signal) { $0.misbehaviours == [1] }
        #expect(outcome.status == 128 + signal && outcome.signal == nil)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test(.seesGuardians) func `what its guardian cannot undo either stays on record`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: true, method: "POST"), .hold(acting: false, method: "GET", times: 0))
        let outcome = try interrupt(["mint"], on: machine, with: SIGTERM) { $0.misbehaviours.first == 1 }
        #expect(outcome.status == 143)
        #expect(outcome.error.contains("a request was not answered yet"))
        kill(try #require(try machine.awaitGuardian()), SIGKILL)
        #expect(machine.cloud.liveTokens.count == 1)
        machine.cloud.behave()
        #expect(try machine.run("revoke", adding: ["PULUMI_TOKEN_SESSION": "s"]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test(arguments: signals)
    func `a revoke whose request hangs leaves the record`(signal: Int32) throws {
        let machine = try BuildMachine()
        _ = try machine.run("mint", "--export", "none", adding: ["PULUMI_TOKEN_SESSION": "s"])
        machine.cloud.misbehave(.hold(acting: false, method: "DELETE", times: 0))
        let outcome = try interrupt(["revoke"], on: machine, with: signal) { $0.misbehaviours == [1] }
        #expect(outcome.status == 128 + signal)
        #expect(outcome.error.contains("not revoked"))
        machine.cloud.behave()
        #expect(try machine.run("revoke", adding: ["PULUMI_TOKEN_SESSION": "s"]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `an interrupted list and an interrupted sweep say so`() throws {
        for arguments in [["list"], ["sweep", "--run"]] {
            let machine = try BuildMachine()
            machine.cloud.misbehave(.hold(acting: false, method: "GET", times: 0))
            let outcome = try interrupt(arguments, on: machine, with: SIGINT) { $0.misbehaviours == [1] }
            #expect(outcome.status == 130)
            #expect(outcome.error.contains("ended by SIGINT"))
            #expect(outcome.output == "")
        }
    }

    @Test func `an interrupted sweep says what became of each token`() throws {
        let machine = try BuildMachine()
        try machine.sandbox.makeFolder("elsewhere")
        let elsewhere = ["HOME": machine.sandbox.file("elsewhere"), "PULUMI_TOKEN_SESSION": "s"]
        for _ in 0..<3 { _ = try machine.run("mint", "--export", "none", adding: elsewhere) }
        machine.cloud.misbehave(.hold(acting: false, method: "DELETE", nth: 2, times: 0))
        let outcome = try interrupt(["sweep", "--run"], on: machine, with: SIGTERM) {
            $0.misbehaviours == [2] && $0.liveTokens == 2
        }
        #expect(outcome.status == 143)
        #expect(outcome.output.split(separator: "\n").count { $0.contains("revoked") } == 1)
        #expect(outcome.output.split(separator: "\n").count { $0.contains("failed") } == 2)
        #expect(machine.cloud.liveTokens.count == 2)
    }

    @Test(arguments: signals)
    func `the launcher hands signals on and keeps the exit code`(signal: Int32) throws {
        let job = try GitHubJob(try BuildMachine())
        job.usesLauncher = true
        try job.prepare()
        job.machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let running = try job.program("main").start()
        #expect(job.machine.cloud.wait { $0.misbehaviours == [1] })
        running.signal(signal)
        let outcome = try running.wait()
        #expect(outcome.status == 128 + signal)
        #expect(job.machine.cloud.wait { $0.liveTokens == 0 })
        // Post knows the request from the state alone, and comes later than the server could act.
        try job.machine.letRequestsAge()
        try job.finish(outcome)
        #expect(try job.post().status == 0)
    }

    @Test(arguments: signals)
    func `an interrupted post stage ends with the signal`(signal: Int32) throws {
        let job = try GitHubJob(try BuildMachine())
        try job.main()
        job.machine.cloud.misbehave(
            .hold(acting: true, method: "DELETE", times: 0),
            .hold(acting: true, method: "GET", times: 0)
        )
        try job.prepare()
        let running = try job.program("post").start()
        #expect(job.machine.cloud.wait { $0.misbehaviours.first == 1 })
        running.signal(signal)
        #expect(try running.wait().status == 128 + signal)
    }

    @Test func `a mint whose caller is gone undoes itself`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        // The shell writes its child's number, so that the test can wait for it, and is killed.
        let shell = Program("sh", ["-c", "\(Executable.path) mint & wait"], environment: machine.withCredential)
        let running = try shell.start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        running.signal(SIGKILL)
        let outcome = try running.wait()
        #expect(outcome.error.contains("ended by SIGHUP"))
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `a signal that the caller ignores is ignored`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.stall(.afterActing, method: "POST"))
        let shell = Program(
            "sh",
            ["-c", "trap '' HUP; \(Executable.path) mint --export none"],
            environment: machine.withCredential
        )
        var program = shell
        program.hasOwnGroup = true
        let running = try program.start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        running.signalGroup(SIGHUP)
        machine.cloud.release()
        #expect(try running.wait().status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
    }
}
