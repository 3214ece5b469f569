import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// How a deployment ends when its job is canceled, as each system cancels: with its last word, and with its token until
/// then.
@Suite(.ownThreads) struct ExecCancellationTests {
    private let machine: BuildMachine
    private let pulumi: PulumiStandIn

    init() throws {
        machine = try BuildMachine()
        pulumi = try PulumiStandIn(machine)
    }

    private static let gitHub = ["CI": "true", "GITHUB_ACTIONS": "true"]
    private static let gitLabShell = ["CI": "true", "GITLAB_CI": "true", "CI_SHARED_ENVIRONMENT": "true"]
    private static let gitLabContainer = ["CI": "true", "GITLAB_CI": "true", "CI_DISPOSABLE_ENVIRONMENT": "true"]

    private func buildkite(grace: Int) -> [String: String] {
        ["CI": "true", "BUILDKITE": "true", "BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS": String(grace)]
    }

    private var words: [String] { ["exec", "-q", "--"] + pulumi.words }

    private func start(_ variables: [String: String], _ options: [String] = []) throws -> RunningProgram {
        let run = try machine.start(["exec"] + options + ["--"] + pulumi.words) { program in
            program.environment.merge(variables) { $1 }
        }
        try run.await("updating")
        return run
    }

    /// Runs `exec` within scripts that a shell waits for.
    private func startScript(
        _ variables: [String: String],
        _ shell: [String] = ["bash", "-e"],
        _ line: String = "\"$@\"; echo behind"
    ) throws -> RunningProgram {
        try machine.sandbox.write(line, to: "step.sh")
        var program = Program(
            shell[0],
            Array(shell.dropFirst()) + [machine.sandbox.file("step.sh"), Executable.path] + words,
            environment: machine.shellEnvironment.merging(variables) { $1 }
        )
        program.hasOwnGroup = true
        let run = try program.start()
        try run.await("updating")
        return run
    }

    private func tokenIsValid() -> Bool { machine.cloud.liveTokens.count == 1 }

    // MARK: GitHub

    @Test func `on GitHub the first signal is heard, and the work is finished with a valid token`() throws {
        let run = try start(Self.gitHub)
        run.signal(SIGINT)
        try run.await("told SIGINT")
        #expect(tokenIsValid())
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 1)
        #expect(result.output == "updating\ntold SIGINT\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `GitHub's SIGTERM is passed on, and nobody is killed for it`() throws {
        let run = try start(Self.gitHub)
        run.signal(SIGINT)
        try run.await("told SIGINT")
        run.signal(SIGTERM)
        let result = try run.wait()
        #expect(result.status == 8)
        #expect(result.output == "updating\ntold SIGINT\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `where GitHub ends only the shell of a step, its end is heard`() throws {
        let run = try startScript(Self.gitHub)
        run.signal(SIGINT)
        run.signal(SIGTERM)
        #expect(try run.waitForExit().signal == SIGTERM)
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        try run.awaitEndOfStreams()
        #expect(run.outputSoFar == "updating\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test(arguments: ["nohup \"$@\"", "setsid -w \"$@\"", "\"$@\" &\nwait", "set -m\n\"$@\" &\nwait"])
    func `what a script starts to outlive it is left alone`(line: String) throws {
        let run = try startScript(Self.gitHub, ["bash", "-e"], line + "\necho behind")
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        pulumi.finishWork()
        try run.awaitEndOfOutput()
        #expect(run.outputSoFar == "updating\ncomplete\n")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `outside CI the end of a shell means nothing`() throws {
        let run = try startScript([:])
        run.signal(SIGKILL)
        _ = try run.waitForExit()
        pulumi.finishWork()
        try run.awaitEndOfOutput()
        #expect(run.outputSoFar == "updating\ncomplete\n")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    // MARK: The Automation API

    @Test(arguments: [SIGINT, SIGTERM])
    func `a program of the Automation API forwards one signal, and the CLI finishes its work`(signal: Int32) throws {
        let example = try #require(CodeBlock.all(in: ["docs/exec.md"]).first { $0.label == "run: node" })
        let program = try AutomationStandIn(machine).program(example.text)
        let words = "[" + pulumi.words.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        let run = try machine.start(["exec", "-q", "--"] + program) {
            $0.environment.merge(Self.gitHub.merging(["PULUMI_STAND_IN": words]) { $1 }) { $1 }
        }
        try run.await("updating")
        run.signal(signal)
        try run.await("told SIGINT")
        #expect(tokenIsValid())
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 1 && result.output == "updating\ntold SIGINT\ncomplete\n", "\(result)")
        expectNothingLeft(machine)
    }

    // MARK: GitLab

    @Test func `on GitLab a signal for the whole group and the end of the script's shell are one`() throws {
        let run = try startScript(Self.gitLabShell)
        run.signalGroup(SIGTERM)
        _ = try run.waitForExit()
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        try run.awaitEndOfStreams()
        #expect(run.outputSoFar == "updating\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `under su only the session's leader is ended, and that is heard`() throws {
        let run = try startScript(
            Self.gitLabShell,
            ["setsid", "--wait", "bash", "-c", "bash \"$@\"; exit", "bash"]
        )
        let leader = try #require(ProcessTree(of: run.process).pids.dropFirst().first)
        kill(leader, SIGTERM)
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        try run.await("complete")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        try run.awaitEndOfOutput()
        // The script's own shell was told nothing, and goes on as without us.
        #expect(run.outputSoFar.hasPrefix("updating\ntold SIGTERM\ncomplete\n"))
    }

    @Test func `in a container the command hears once what every process is sent`() throws {
        let run = try start(Self.gitLabContainer)
        for pid in ProcessTree(of: run.process).pids.reversed() { kill(pid, SIGTERM) }
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 1)
        #expect(result.output == "updating\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `so it is when a service manager ends a unit`() throws {
        let run = try start([:])
        let targets = ProcessTree(of: run.process).pids.reversed().map(String.init)
        let sender =
            "import os, sys; open('/proc/self/comm', 'w').write('systemd'); "
            + "[os.kill(int(pid), 15) for pid in sys.argv[1:]]; sys.stdin.read()"
        var program = Program("python3", ["-c", sender] + targets)
        // It is still there to be looked at.
        program.input = .held
        let manager = try program.start()
        try run.await("told SIGTERM")
        pulumi.finishWork()
        #expect(try run.wait().output == "updating\ntold SIGTERM\ncomplete\n")
        manager.closeInput()
        expectNothingLeft(machine)
    }

    // MARK: Buildkite, docker stop

    @Test func `on Buildkite the work is finished within the grace`() throws {
        let run = try start(buildkite(grace: 600))
        run.signalGroup(SIGTERM)
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        #expect(try run.wait().output == "updating\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `when the grace is over the token is revoked beside the command, which is left to the system`() throws {
        let run = try start(buildkite(grace: 2))
        run.signal(SIGTERM)
        try run.await("told SIGTERM")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        try run.awaitError("revoking the token of a command that is still running: its time is up")
        // It hears what else comes, and ends as it likes.
        run.signal(SIGINT)
        let result = try run.wait()
        #expect(result.status == 8)
        #expect(result.output == "updating\ntold SIGTERM\ntold SIGINT\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `a signal that comes while the token is revoked beside the command is the command's`() throws {
        let run = try start(buildkite(grace: 2))
        machine.cloud.misbehave(.stall(.afterActing, method: "DELETE"))
        run.signal(SIGTERM)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        run.signal(SIGINT)
        machine.cloud.release()
        let result = try run.wait()
        #expect(result.status == 8)
        #expect(result.output == "updating\ntold SIGTERM\ntold SIGINT\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test(.enabled(if: geteuid() == 0, "it takes root to make such a place"))
    func `docker stop is heard by process 1, which leaves nobody's remains`() throws {
        let isolated = ["--pid", "--fork", "--mount-proc", "--kill-child"]
        let orphans = """
            for n in 1 2 3; do (sh -c 'exec true' & ); done
            until ! grep -q 'Z 1 ' /proc/[0-9]*/stat 2> /dev/null; do :; done
            exec "$@"
            """
        var program = Program(
            "unshare",
            isolated + [Executable.path, "exec", "-q", "--", "sh", "-c", orphans, "sh"] + pulumi.words,
            environment: machine.shellEnvironment
        )
        program.hasOwnGroup = true
        let run = try program.start()
        try run.await("updating")
        let first = try #require(ProcessTree(of: run.process).pids.dropFirst().first)
        kill(first, SIGTERM)
        try run.await("told SIGTERM")
        #expect(tokenIsValid())
        pulumi.finishWork()
        #expect(try run.wait().output == "updating\ntold SIGTERM\ncomplete\n")
        expectNothingLeft(machine)
    }

    // MARK: A terminal

    private func scenario(_ text: String) throws {
        let words = pulumi.words.map { "'\($0)'" }.joined(separator: ", ")
        let start = "t = Terminal(exec_words('--', '/usr/bin/env', \(words)))\nt.expect('updating')\n"
        let finish = "def finish(): os.write(os.open('\(pulumi.words[2])', os.O_WRONLY), b'x')\n"
        try TerminalScenario.run(machine, finish + start + text)
        expectNothingLeft(machine)
    }

    @Test func `Ctrl-C is heard once, and then the work is finished`() throws {
        try scenario(
            """
            t.send('\\x03')
            t.expect('told SIGINT')
            finish()
            t.expect('complete')
            assert t.wait() == 1 << 8
            """
        )
    }

    @Test func `Ctrl-C twice gives up, with the last word`() throws {
        try scenario(
            """
            t.send('\\x03')
            t.expect('told SIGINT')
            t.send('\\x03')
            t.expect('told SIGINT.*complete')
            assert t.wait() == 8 << 8
            """
        )
    }

    @Test func `a terminal that is closed is SIGHUP, of which it dies`() throws {
        try scenario(
            """
            os.kill(t.pid, signal.SIGHUP)
            assert t.wait() == (128 + signal.SIGHUP) << 8
            """
        )
    }

    @Test func `the fourth Ctrl-C in a row kills`() throws {
        try TerminalScenario.run(
            machine,
            """
            t = Terminal(exec_words('--', '/bin/sh', '-c', 'trap "" INT; echo ready; exec sleep 1000'))
            t.expect('ready')
            t.send('\\x03\\x03\\x03\\x03')
            assert t.wait() == (128 + signal.SIGKILL) << 8
            """
        )
        expectNothingLeft(machine)
    }

    // MARK: Who is told

    @Test(arguments: ["python3", "sh"])
    func `the command alone is told, unless it is a shell, which tells nobody`(parent: String) throws {
        let child = "trap 'echo child; exit' TERM; echo ready; while :; do sleep 0.01; done"
        let own =
            parent == "sh"
            ? ["sh", "-c", "trap 'echo parent' TERM; sh -c \"$CHILD\"; echo over"]
            : [
                "python3", "-c",
                """
                import os, signal, subprocess
                signal.pthread_sigmask(signal.SIG_BLOCK, {15})
                child = subprocess.Popen(['sh', '-c', os.environ['CHILD']], preexec_fn=lambda:
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, {15}))
                signal.sigwait({15})
                print('parent', flush=True)
                # Were the child told too, it would have said so by the time that it ends of this.
                child.kill()
                child.wait()
                """,
            ]
        let run = try machine.start(["exec", "-q", "--"] + own) { $0.environment["CHILD"] = child }
        try run.await("ready")
        run.signal(SIGTERM)
        #expect(try run.wait().output == (parent == "sh" ? "ready\nchild\nparent\nover\n" : "ready\nparent\n"))
        expectNothingLeft(machine)
    }

    // MARK: --on-cancel

    @Test func `what is to be run on a cancellation runs after the command, with the token`() throws {
        let gate = try Gate(machine, "tidied")
        let line = "echo \"tidying with ${#PULUMI_ACCESS_TOKEN} characters\"; read line < '\(gate.path)'"
        let run = try start(Self.gitHub, ["--on-cancel", line])
        run.signal(SIGINT)
        try run.await("told SIGINT")
        #expect(!run.errorSoFar.contains("tidying"))
        pulumi.finishWork()
        try run.awaitError("tidying with 44 characters")
        #expect(tokenIsValid())
        gate.letThrough()
        let result = try run.wait()
        #expect(result.status == 1)
        // Only now: of two pipes, nobody knows which one is read first.
        #expect(result.output == "updating\ntold SIGINT\ncomplete\n")
        expectNothingLeft(machine)
    }

    @Test func `it shows no secret, and on success nothing is said of it`() throws {
        let run = try start(Self.gitHub, ["-q", "--on-cancel", "echo \"<$PULUMI_ACCESS_TOKEN>\""])
        run.signal(SIGINT)
        try run.await("told SIGINT")
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 1)
        #expect(result.error == "<***>\n")
        expectNothingLeft(machine)
    }

    @Test func `it does not run for a command that ends by itself`() throws {
        let run = try start(Self.gitHub, ["-q", "--on-cancel", "echo tidy"])
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 0 && result.error.isEmpty)
        expectNothingLeft(machine)
    }

    private static func warning(_ reason: String) -> String {
        "pulumi-token: warning: the command of --on-cancel failed: \(reason)\n"
    }

    @Test(arguments: [("exit 3", "it exited with 3"), ("kill -9 $$", "SIGKILL killed it")])
    func `its failure is a warning, and takes nothing from the token's end`(line: String, reason: String) throws {
        let run = try start(buildkite(grace: 600), ["-q", "--on-cancel", line])
        run.signal(SIGTERM)
        try run.await("told SIGTERM")
        pulumi.finishWork()
        let result = try run.wait()
        #expect(result.status == 1)
        #expect(result.error.contains(Self.warning(reason)))
        expectNothingLeft(machine)
    }

    @Test func `when it takes too long it is killed, and the token is revoked`() throws {
        let line = "trap '' INT TERM; echo tidying; exec sleep 1000"
        let run = try start(buildkite(grace: 600), ["-q", "--on-cancel", line])
        run.signal(SIGTERM)
        try run.await("told SIGTERM")
        pulumi.finishWork()
        try run.awaitError("tidying\n")
        // A second request leaves it a few seconds.
        run.signal(SIGTERM)
        run.signal(SIGINT)
        let result = try run.wait()
        #expect(result.status == 1)
        #expect(result.error == "tidying\n" + Self.warning("it did not finish in time"))
        expectNothingLeft(machine)
    }

    @Test func `a deployment that was cut off leaves the line to type`() throws {
        let words = [
            "exec", "-q", "--", "sh", "-c", "echo ready; exec sleep 1000", "pulumi", "--stack", "acme/app/dev",
        ]
        let run = try machine.start(words)
        try run.await("ready")
        run.signal(SIGHUP)
        let result = try run.wait()
        #expect(result.status == 128 + SIGHUP)
        #expect(
            result.error == """
                pulumi-token: warning: the command was cut off, so its stack might be locked
                pulumi-token: hint: run pulumi cancel --yes --stack acme/app/dev

                """
        )
        expectNothingLeft(machine)
    }
}
