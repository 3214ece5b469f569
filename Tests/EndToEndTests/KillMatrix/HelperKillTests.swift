import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// However the server of tokens ends, nothing that it has minted lives on, although nothing is run afterwards.
@Suite(.ownThreads(.first), .seesGuardians) struct HelperKillTests {
    /// A shell whose server mints, replaces, and is ended with the shell.
    private struct Life {
        let machine: BuildMachine
        let job: RunningProgram
        let server: Int32

        init() throws {
            machine = try BuildMachine()
            let story = "up = CLI(); up.token = answer('rejected', backend)['accessToken']; say(up.request())"
            let ask = try AskingStandIn.words(machine, story).joined(separator: " ")
            let script = """
                eval "$(\(Executable.path) mint --export helper --timeout 2s)" || exit
                echo ready; read line; \(ask); exit 0
                """
            var program = Program("sh", ["-c", script], environment: machine.shellEnvironment)
            program.input = .held
            job = try program.start()
            try job.await("ready")
            server = try #require(Int32(job.errorSoFar.between("process ", " gives tokens")))
        }

        var trace: String { machine.sandbox.file("trace") }

        /// `strace` on the server alone, which has it from now on.
        func traced(_ options: [String]) throws -> RunningProgram {
            let strace = try Program("strace", ["-qq", "-o", trace, "-p", "\(server)"] + options).start()
            #expect(comesTrue { processStatus(server, "TracerPid") != 0 })
            return strace
        }

        /// Lets the shell ask and end, and waits for what follows.
        func finish(_ strace: RunningProgram) throws {
            job.closeInput()
            _ = try job.wait()
            _ = try strace.wait()
        }
    }

    @Test func `a server that is killed at any system call leaves no token with nothing run`() throws {
        let all = try SystemCallPoint.common(toRuns: 2) {
            let life = try Life()
            try life.finish(try life.traced([]))
            return SystemCallPoint.all(inTrace: life.trace)
        }
        let sample = KillMatrix.isExhaustive ? 1 : 89
        let points = all.enumerated().filter { $0.offset % sample == 0 }.map(\.element)
        #expect(all.count > 200)
        var killed = 0
        for start in stride(from: 0, to: points.count, by: 12) {
            let lives = try points[start..<min(start + 12, points.count)].map { point in
                let life = try Life()
                let injection = "inject=\(point.call):signal=SIGKILL:when=\(point.occurrence)"
                return (point, life, try life.traced(["-e", injection]))
            }
            for (point, life, strace) in lives {
                try life.finish(strace)
                killed += SystemCallPoint.hasKilled(inTrace: life.trace) ? 1 : 0
                #expect(life.machine.awaitEffects(), "\(point)")
                #expect(life.machine.cloud.wait { $0.liveTokens == 0 }, "\(point) leaves a token")
                try life.machine.endGuardians()
            }
        }
        // How often it polls is a matter of timing: some may end before they come to their point.
        #expect(killed * 2 > points.count, "only \(killed) of \(points.count) servers were killed")
        print("kill matrix: the server of tokens, SIGKILL: \(killed) of \(all.count) points tried")
    }

    /// The action's main stage, after which nothing but post is run.
    private struct ActionScene: KillMatrix.Scene {
        let job: GitHubJob
        var machine: BuildMachine { job.machine }

        init() throws {
            job = try GitHubJob(try BuildMachine())
            job.inputs.merge(["timeout": "2s", "helper": "true"]) { $1 }
            try job.prepare()
        }

        func program() -> Program { job.program("main") }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            try job.finish(outcome)
            guard job.exported["PULUMI_CREDENTIAL_HELPER"] == nil else { return try job.post() }
            // Killed before the job had its helper: the server ends by itself.
            #expect(machine.cloud.wait { $0.liveTokens == 0 }, "the server has left a token")
            return outcome
        }
    }

    @Test func `a main stage with a helper that is killed at any system call leaves no token`() throws {
        try KillMatrix(
            name: "action main with a helper",
            signal: "SIGKILL",
            mayEnd: { status, _ in status == 137 },
            staysConnected: true
        ) { try ActionScene() }.run(sample: 37)
    }
}
