import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// After SIGKILL nobody runs anything, and the token goes all the same.
@Suite(.ownThreads, .seesGuardians) struct GuardianTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func start(_ words: [String]) throws -> RunningProgram {
        try Program(Executable.path, words, environment: machine.withCredential).start()
    }

    @Test func `a mint that is killed before its reply leaves nothing`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let mint = try start(["mint", "--session", "s", "--timeout", "5s"])
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        mint.signal(SIGKILL)
        _ = try mint.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test(arguments: ["mint", "exec"])
    func `a mint that is told to end while its request is open leaves the wait to it`(command: String) throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let words = command == "mint" ? ["mint", "--session", "s"] : ["exec", "--", "echo", "ran"]
        let run = try start(words)
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        run.signal(SIGTERM)
        let result = try run.wait()
        #expect(result.status == 128 + SIGTERM)
        #expect(result.error.contains("a guardian stays and revokes the token if it was minted"))
        #expect(result.output == "" || command == "mint")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        // It asked nothing of the cloud itself any more.
        let others = machine.cloud.requests.filter { $0.method != "POST" }
        #expect(others.allSatisfy { $0["User-Agent"]?.hasSuffix(" guardian") == true })
        #expect(try machine.awaitNoGuardian())
        #expect(machine.leases.isEmpty)
    }

    @Test(arguments: [["mint", "--export", "none"], ["exec", "--", "echo", "ran"]])
    func `a mint that is told to end before it has sent anything leaves nothing to look for`(words: [String]) throws {
        // The signal comes while the record goes to the disk.
        let options = ["-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:signal=SIGTERM:when=1"]
        let command = options + [Executable.path] + words
        let result = try Program("/usr/bin/strace", command, environment: machine.withCredential).run()
        #expect(result.status == 128 + SIGTERM && result.output == "")
        #expect(!result.error.contains("guardian"))
        #expect(try machine.awaitNoGuardian())
        #expect(machine.cloud.requests.isEmpty)
        expectNothingLeft(machine)
    }

    @Test func `a command whose supervisor is killed ends, and its token with it`() throws {
        let command = "echo $$ > \(machine.sandbox.file("pid")); echo ready; while :; do sleep 1; done"
        let events = ["--events", machine.sandbox.file("events.jsonl")]
        let exec = try start(["exec", "--no-redact"] + events + ["--", "/bin/sh", "-c", command])
        try exec.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        let description = machine.cloud.liveTokens[0].description
        let started = try #require(machine.sandbox.text("pid").flatMap { pid_t($0.dropLast()) })
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(hasEnded(started))
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
        let last = machine.sandbox.text("events.jsonl")?.split(separator: "\n").last ?? ""
        #expect(last.contains(#""event":"recovered""#) && last.contains(#""description":"\#(description)""#), "\(last)")
    }

    @Test(arguments: [[], ["--helper"]])
    func `what runs for a cancellation ends, too, when its supervisor is killed`(options: [String]) throws {
        let pids = ["first", "second"].map { machine.sandbox.file($0) }
        let onCancel = "echo $$ > \(pids[1]); echo tidying >&2; while :; do sleep 1; done"
        let asking = try AskingStandIn.words(machine, "CLI().token")
        let command = ["/bin/sh", "-c", "\"$@\"; echo $$ > \(pids[0]); echo ready; while :; do sleep 1; done", "sh"]
        let words = ["exec", "--no-redact", "--kill-after", "600s", "--on-cancel", onCancel] + options + ["--"]
        let exec = try start(words + command + (options.isEmpty ? ["true"] : asking))
        try exec.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGTERM)
        try exec.awaitError("tidying")
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        for pid in try pids.map({ try #require(text(of: $0).flatMap { pid_t($0.dropLast()) }) }) {
            #expect(hasEnded(pid))
        }
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    @Test(arguments: ["timeout 60", "flock lock"])
    func `what only waits for mint is not the job of a guardian`(wrapper: String) throws {
        let mint = "\(wrapper) \(Executable.path) mint -q --guard --export file=script"
        let script = "cd \(machine.sandbox.path); \(mint); echo ready; read line"
        var program = Program("sh", ["-c", script], environment: machine.withCredential)
        program.input = .held
        let job = try program.start()
        try job.await("ready")
        #expect(try machine.run("list").output.contains("personal"))
        #expect(machine.cloud.liveTokens.count == 1)
        job.closeInput()
        _ = try job.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `an exec in an exec loses no token to the end of the credential that minted it`() throws {
        let command = "/bin/sh -c 'echo second; while :; do sleep 1; done'"
        let script = """
            echo $$ > \(machine.sandbox.file("pid")); echo first; read line
            exec "$0" exec --no-redact --ca-file '\(machine.caFile)' -- \(command)
            """
        let outer = try start(["exec", "--no-redact", "--", "/bin/sh", "-c", script, Executable.path])
        try outer.await("first")
        let first = try #require(try machine.awaitGuardian())
        outer.send("go\n")
        try outer.await("second")
        let second = try #require(try machine.guardians().first { $0 != first })
        #expect(machine.cloud.liveTokens.count == 2)
        let inner = try #require(machine.sandbox.text("pid").flatMap { pid_t($0.dropLast()) })
        // The other guardian is first.
        kill(second, SIGSTOP)
        kill(inner, SIGKILL)
        outer.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 1 })
        kill(second, SIGCONT)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    @Test(arguments: [false, true])
    func `an exchanged credential and paths of the job's directory are of use to it`(isOnce: Bool) throws {
        let machine = try BuildMachine {
            $0.exchangedTokensMayMint = true
            $0.exchange.rejectsReusedTokens = isOnce
        }
        let identity = try machine.cloud.identityToken(.init(audience: "urn:pulumi:org:acme", lifetime: 900))
        try machine.sandbox.write(identity, to: "identity")
        let options = "--lease lease.json --oidc-org acme --oidc-user alice --oidc-token-file identity"
        let command = "/bin/sh -c 'echo ready; while :; do sleep 1; done'"
        let script = "cd '\(machine.sandbox.path)' && exec \"$0\" exec --no-redact \(options) -- \(command)"
        var environment = machine.withCredential
        environment["PULUMI_ACCESS_TOKEN"] = nil
        environment["GITHUB_ACTIONS"] = "true"
        let exec = try Program("sh", ["-c", script, Executable.path], environment: environment).start()
        try exec.await("ready")
        #expect(machine.cloud.tokens(.minted).count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
        #expect(machine.sandbox.text("lease.json") == nil)
    }

    enum Authorities: CaseIterable { case pipe, pipeInVariable, fileBesideFolder, fileWithColon }

    @Test(arguments: Authorities.allCases)
    func `authorities that are gone by then are of use to it`(_ authorities: Authorities) throws {
        let pem = try #require(machine.sandbox.text("ca.pem"))
        let name = authorities == .fileWithColon ? "a:b.pem" : "authorities"
        let isPipe = [.pipe, .pipeInVariable].contains(authorities)
        var writer: RunningProgram?
        if isPipe {
            try machine.sandbox.makePipe(name)
            writer = try Program("cp", [machine.caFile, machine.sandbox.file(name)]).start()
        } else {
            try machine.sandbox.write(pem, to: name)
        }
        try machine.sandbox.makeFolder("folder")
        var environment = machine.withCredential
        environment["PULUMI_TOKEN_CA_FILE"] = nil
        environment["SSL_CERT_FILE"] = authorities == .pipe ? nil : machine.sandbox.file(name)
        if authorities == .fileBesideFolder { environment["SSL_CERT_DIR"] = machine.sandbox.file("folder") }
        let option = authorities == .pipe ? ["--ca-file", machine.sandbox.file(name)] : []
        let command = ["--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"]
        let words = ["exec", "--no-redact"] + option + command
        let exec = try Program(Executable.path, words, environment: environment).start()
        try exec.await("ready")
        _ = try writer?.wait()
        #expect(machine.cloud.liveTokens.count == 1)
        unlink(machine.sandbox.file(name))
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.awaitNoGuardian())
    }

    @Test func `the job has its token after a mint that ended well, and no process stays`() throws {
        let mint = try machine.run("mint", "--session", "s", "--export", "none")
        #expect(mint.status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.guardians().isEmpty)
    }

    @Test func `a guardian that is told to end hurries, and does not die`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"])
        try exec.await("ready")
        let guardian = try #require(try machine.awaitGuardian())
        kill(guardian, SIGTERM)
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `a guardian has a session of its own, says what it is, and ends with the command`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"])
        try exec.await("ready")
        let guardian = try #require(try machine.awaitGuardian())
        #expect(text(of: "/proc/\(guardian)/cmdline") == "pulumi-token guardian\0guardian\0")
        #expect(getsid(guardian) != getsid(0))
        exec.signal(SIGTERM)
        _ = try exec.wait()
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(try machine.awaitNoGuardian())
    }
}

/// `mint --guard`: the guardian stays for the job.
@Suite(.ownThreads) struct StayingGuardianTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func shell(_ script: String) throws -> RunningProgram {
        try Program("sh", ["-c", script], environment: machine.withCredential).start()
    }

    @Test func `the token goes with the shell that sourced it`() throws {
        let script = ". \"$(\(Executable.path) mint --guard)\"; echo ready; read line"
        var program = Program("sh", ["-c", script], environment: machine.withCredential)
        program.input = .held
        let job = try program.start()
        try job.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        job.signal(SIGKILL)
        _ = try job.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    /// Starts a job in a group of its own, which says that it is ready and then works on.
    private func startJob(
        _ path: String,
        _ words: [String],
        _ variables: [String: String] = [:]
    ) throws -> RunningProgram {
        var program = Program(path, words, environment: machine.withCredential.merging(variables) { $1 })
        program.hasOwnGroup = true
        let run = try program.start()
        try run.await("ready")
        return run
    }

    private func expectEnd(of job: RunningProgram) throws {
        #expect(machine.cloud.liveTokens.count == 1)
        job.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        kill(-job.process, SIGKILL)
        _ = try job.waitForExit()
    }

    @Test func `between recipes the token stays, and goes with make`() throws {
        let makefile = """
            mint:
            \t@\(Executable.path) mint -q --guard --export file=$(CURDIR)/script
            work:
            \t@echo ready; while :; do sleep 1; done
            """
        try machine.sandbox.write(makefile, to: "Makefile")
        try expectEnd(of: startJob("make", ["-C", machine.sandbox.path, "mint", "work"]))
    }

    @Test func `what a make minted that another one runs stays for both`() throws {
        try machine.sandbox.write("mint:\n\t@\(Executable.path) mint -q --export file=$(CURDIR)/script\n", to: "sub.mk")
        // What comes next looks for tokens whose jobs are over.
        let makefile = "all:\n\t@$(MAKE) -s -f sub.mk\n\t@\(Executable.path) exec -q -- true\n\t@. $(CURDIR)/script\n"
        try machine.sandbox.write(makefile, to: "Makefile")
        let make = try Program("make", ["-C", machine.sandbox.path], environment: machine.withCredential).run()
        #expect(make.status == 0, "\(make.log)")
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.run("exec", "-q", "--", "true").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test(arguments: [["bash"], ["busybox", "sh"], ["dash"], ["ksh93"], ["mksh"], ["yash"], ["zsh"]])
    func `a part of a shell that goes on without it keeps its token`(shell: [String]) throws {
        let script = "( . \"$(\(Executable.path) mint -q)\"; echo ready; exec sleep 1000 ) & exit 0"
        let words = Array(shell.dropFirst()) + ["-c", script]
        var program = Program(shell[0], words, environment: machine.withCredential)
        program.hasOwnGroup = true
        let job = try program.start()
        defer { kill(-job.process, SIGKILL) }
        try job.await("ready")
        #expect(hasEnded(job.process))
        #expect(try machine.run("exec", "-q", "--", "true").status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test func `what a hook of Buildkite sourced goes with the agent's process for the job`() throws {
        let agent = machine.sandbox.file("buildkite-agent")
        _ = try Program("cp", ["/bin/sh", agent]).run()
        let hook = "sh -c '. \"$(\(Executable.path) mint --guard)\"'; echo ready; while :; do sleep 1; done"
        try expectEnd(of: startJob(agent, ["-c", hook], ["CI": "true", "BUILDKITE": "true", "BUILDKITE_JOB_ID": "7"]))
    }

    @Test(.seesGuardians) func `of a token that was revoked nothing is asked when the shell ends`() throws {
        let script = ". \"$(\(Executable.path) mint --guard)\"; \(Executable.path) revoke"
        #expect(try shell(script).wait().status == 0)
        #expect(try machine.awaitNoGuardian())
        #expect(machine.cloud.requests.allSatisfy { $0["User-Agent"]?.hasSuffix(" guardian") == false })
    }

    @Test func `a guardian holds up nobody who waits for an end of output`() throws {
        let job = try Program(
            "sh",
            ["-c", "x=$(\(Executable.path) mint --guard --export none); echo done"],
            environment: machine.withCredential
        ).run()
        #expect(job.output == "done\n")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }
}
