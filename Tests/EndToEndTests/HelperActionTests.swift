import CloudEmulator
import Glibc
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// The action with the input `helper`: no token in the job, and a process that outlives its step.
@Suite(.ownThreads, .seesGuardians) struct HelperActionTests {
    private let machine: BuildMachine
    private let job: GitHubJob

    init() throws {
        machine = try BuildMachine()
        job = try GitHubJob(machine)
        job.inputs["helper"] = "true"
    }

    /// A later step that asks as the Pulumi CLI does.
    private func ask(_ story: String) throws -> Outcome {
        try job.step(["python3"], AskingStandIn.program(story), adding: ["SSL_CERT_FILE": machine.caFile])
    }

    /// Whether a server has its socket in the job's folder: it makes it first, and removes it last.
    private var hasServer: Bool {
        machine.sandbox.names(in: "job/temp").contains { access(job.file("temp/\($0)/helper"), F_OK) == 0 }
    }

    private func expectNoServer() throws {
        #expect(try machine.awaitNoGuardian())
        #expect(comesTrue { !hasServer })
    }

    @Test func `later steps get a helper and no token, and the log hides the first one`() throws {
        let main = try job.main()
        #expect(main.status == 0 && hasServer, "\(main.error)")
        let first = try #require(machine.cloud.tokens(.minted).first)
        #expect(machine.cloud.tokens(.minted).count == 1)
        let id = job.outputs["token-id"]
        #expect(job.outputs["token"] == "" && id == first.id)
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == nil)
        #expect(job.exported["PULUMI_CREDENTIAL_HELPER"] == Executable.path)
        for text in Array(job.exported.values) + Array(job.state.values) + Array(job.outputs.values) {
            #expect(leaks(of: [first.value, machine.parent], in: text) == [])
        }
        #expect(job.hides(first.value, in: "\(first.value)\n"))
        let asked = try ask("up = CLI(); say(up.request()); say(up.token)")
        #expect(asked.output.hasPrefix("200\n\(first.value)\n"), "\(asked.log)")
        #expect(machine.cloud.tokens(.minted).count == 1)
        let post = try job.post()
        #expect(post.status == 0 && post.error.contains("revoked \(first.id)"), "\(post.error)")
        #expect(job.text("summary").contains("| Last token | \(first.id) |"))
        #expect(machine.cloud.liveTokens.isEmpty)
        try expectNoServer()
    }

    @Test func `the revoke action ends the server at once, and post has nothing to warn of`() throws {
        try job.main()
        let inputs = job.inputs
        job.inputs = ["access-token": machine.parent, "token-id": "unset", "ca-file": machine.caFile]
        job.inputs["cloud-url"] = inputs["cloud-url"]
        let revoke = try job.run("revoke")
        #expect(revoke.status == 0 && machine.cloud.liveTokens.isEmpty, "\(revoke.error)")
        try expectNoServer()
        #expect(try job.run("revoke").status == 0)
        job.inputs = inputs
        #expect(try job.post().status == 0)
        #expect(job.log.annotations == [])
    }

    @Test(arguments: [("fail-on-revoke-error", "xx"), ("deadline", "abc"), ("cloud-url", "https://other.example")])
    func `no input that a later step has changed keeps post from ending the server`(
        name: String,
        value: String
    ) throws {
        try job.main()
        job.inputs[name] = value
        let post = try job.post()
        #expect(post.status == 0 && machine.cloud.liveTokens.isEmpty, "\(post.error)")
        try expectNoServer()
    }

    @Test func `post ends the server and all that it has minted`() throws {
        try job.main()
        let update = try ask(
            """
            up = CLI(); first = up.token
            up.token = answer('rejected', backend)['accessToken']
            say([up.request(), up.token != first])
            """
        )
        #expect(update.output == "[200, True]\n", "\(update.log)")
        #expect(machine.cloud.tokens(.minted).count == 2)
        let last = try #require(machine.cloud.tokens(.minted).last)
        let server = try server()
        #expect(try job.post().status == 0)
        #expect(hasEnded(server))
        #expect(job.text("summary").contains("| Last token | \(last.id) |"))
        #expect(machine.cloud.liveTokens.isEmpty && machine.leases.isEmpty)
        try expectNoServer()
        // Nobody can ask any more, and says so.
        #expect(try ask("CLI()").status != 0)
    }

    /// The server of this job, which its socket gives away.
    private func server() throws -> Int32 {
        let record = machine.sandbox.files.first { $0.contains("pulumi-token/") && $0.hasSuffix(".json") }
        return try #require(record.flatMap { text(of: $0)?.between("\"pid\":", ",") }.flatMap { Int32($0) })
    }

    @Test func `a server that is killed is no reason for post to fail`() throws {
        try job.main()
        kill(try server(), SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        let post = try job.post()
        #expect(post.status == 0, "\(post.error)")
        try expectNoServer()
    }

    @Test func `killed with its guardians, its tokens are found by their tag`() throws {
        try job.main()
        let guardians = try machine.guardians()
        #expect(!guardians.isEmpty)
        for guardian in guardians { kill(guardian, SIGKILL) }
        let server = try server()
        kill(server, SIGKILL)
        #expect(hasEnded(server))
        // Nor is there a record any more.
        for file in machine.sandbox.files where file.contains("/pulumi-token/") { unlink(file) }
        #expect(machine.cloud.liveTokens.count == 1)
        let post = try job.post()
        #expect(post.status == 0 && machine.cloud.liveTokens.isEmpty, "\(post.error)")
        #expect(post.error.contains("revoking the tokens with the helper's tag: no token server answers"))
    }

    @Test func `it ends with the runner's process for the job`() throws {
        let worker = try job.startMainInWorker()
        #expect(machine.cloud.liveTokens.count == 1, "\(worker.errorSoFar)")
        worker.signal(SIGKILL)
        kill(-worker.process, SIGKILL)
        _ = try worker.waitForExit()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        try expectNoServer()
    }

    @Test(arguments: ["revoke", "export-env"])
    func `what makes no sense with it is refused before anything is minted`(input: String) throws {
        job.inputs[input] = "false"
        let main = try job.main()
        #expect(main.status == 64 && main.error.contains("\(input): false and the input helper cannot be combined"))
        #expect(machine.cloud.requests.isEmpty)
        #expect(try job.post().status == 0)
    }

    @Test func `a first token that is refused fails main, and leaves no server`() throws {
        machine.cloud.misbehave(.refusal(401, method: "POST"))
        let main = try job.main()
        #expect(main.status == 77, "\(main.error)")
        #expect(job.exported.isEmpty)
        #expect(try job.post().status == 0)
        try expectNoServer()
    }

    @Test func `a canceled job runs what it was told with the helper`() throws {
        try job.main()
        let words = try AskingStandIn.words(machine, "say('tidied %s' % CLI().request())", named: "tidy.py")
        job.inputs.merge(["on-cancel": words.joined(separator: " "), "job-status": "cancelled"]) { $1 }
        job.variables["SSL_CERT_FILE"] = machine.caFile
        let post = try job.post()
        #expect(post.log.contains("tidied 200"), "\(post.log)")
        #expect(post.status == 0 && machine.cloud.liveTokens.isEmpty)
    }
}
