import CloudEmulator
import Glibc
import JobBench
import RunnerGrammars
import Secrets
import TestBench
import Testing

@Suite(.ownThreads) struct ActionTests {
    private let machine: BuildMachine
    private let job: GitHubJob

    init() throws {
        machine = try BuildMachine()
        job = try GitHubJob(machine)
    }

    @Test(arguments: [true, false])
    func `the runner's process for the job takes the token along, unless it is for other jobs`(revokes: Bool) throws {
        job.inputs["revoke"] = revokes ? "true" : "false"
        let worker = try job.startMainInWorker()
        #expect(machine.cloud.liveTokens.count == 1, "\(worker.errorSoFar)")
        worker.signal(SIGKILL)
        kill(-worker.process, SIGKILL)
        _ = try worker.waitForExit()
        #expect(try machine.run("mint", "--session", "another", "--export", "none").status == 0)
        #expect(machine.cloud.liveTokens.count == (revokes ? 1 : 2))
    }

    @Test(arguments: [false, true])
    func `main hands over a token that works, and post ends it`(usesLauncher: Bool) throws {
        job.usesLauncher = usesLauncher
        job.inputs["ttl"] = "20m"
        let main = try job.main()
        #expect(main.status == 0)

        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(machine.askingTime(for: token).contains(token.expires - 1200))
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == token.value)
        #expect(job.exported["PULUMI_ACCESS_TOKEN_ID"] == token.id)
        #expect(job.exported["PULUMI_BACKEND_URL"] == machine.cloud.url)
        #expect(Set(job.outputs.keys) == ["token", "token-id", "expires-at", "revocable", "kind", "cloud-url"])
        #expect(job.outputs["token"] == token.value)
        #expect(job.outputs["revocable"] == "true")

        let post = try job.post()
        #expect(post.status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(machine.cloud.requests.map(\.method) == ["POST", "DELETE"])
        #expect(machine.cloud.report.connections == 2)
    }

    @Test func `neither log nor state nor summary shows a form of a secret`() throws {
        try job.main()
        let state = job.text("state")
        let summary = job.text("summary")
        try job.post()
        let secrets = machine.mintedValues + [machine.parent]
        #expect(secrets.count == 2)
        #expect(leaks(of: secrets, in: job.log.text) == [])
        #expect(leaks(of: secrets, in: state + summary + job.text("summary")) == [])
    }

    @Test func `every form of the token is masked before anything else is written`() throws {
        let main = try job.main()
        let lines = main.error.split(separator: "\n").map(String.init)
        let firstMask = try #require(lines.firstIndex { $0.hasPrefix("::add-mask::") })
        #expect(lines[..<firstMask].allSatisfy { $0.hasPrefix("::group::") })
        let values = machine.mintedValues
        for value in values {
            #expect(lines.contains("::add-mask::" + value))
        }
        // What a later step prints of it, in whatever encoding, is masked by then.
        for form in ["prefix" + values[0] + "suffix"].flatMap({ [$0, base64(of: $0), hexadecimal(of: $0)] }) {
            #expect(job.hides(values[0], in: form))
        }
    }

    @Test func `the private credentials folder takes the user's settings along and is empty after post`() throws {
        try machine.sandbox.makeFolder("home/.pulumi")
        try machine.sandbox.write("{\"x\":1}", to: "home/.pulumi/config.json")
        try machine.sandbox.write("{\"accessTokens\":{}}", to: "home/.pulumi/credentials.json")
        try job.main()
        let folder = try #require(job.exported["PULUMI_CREDENTIALS_PATH"])
        #expect(text(of: folder + "/config.json") == "{\"x\":1}")
        let login = text(of: folder + "/credentials.json")
        #expect(login == #"{"current":"\#(machine.cloud.url)","accounts":{}}"#)
        // The Pulumi CLI writes what it finds in the environment.
        try write("{}", to: folder + "/credentials.json")
        try job.post()
        #expect(fileExists(folder) && ScratchFolder.files(in: folder) == [])
        #expect(text(of: machine.sandbox.file("home/.pulumi/credentials.json")) == "{\"accessTokens\":{}}")
    }

    @Test func `a proxy or authority that came after main is not used by post, and those of main are`() throws {
        job.inputs["ca-file"] = nil
        job.variables = ["SSL_CERT_FILE": machine.caFile, "no_proxy": "localhost", "ALL_PROXY": "http://127.0.0.1:9"]
        try job.main()
        job.variables = ["HTTPS_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/nonexistent", "no_proxy": "elsewhere"]
        let post = try job.post()
        let names = "ALL_PROXY, HTTPS_PROXY, SSL_CERT_FILE, no_proxy"
        #expect(post.error.contains("notice: \(names) changed after the mint; the settings of the mint are used"))
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a password of a proxy is not in the state`() throws {
        job.variables = ["https_proxy": "http://user:hidden@127.0.0.1:9", "no_proxy": "localhost"]
        try job.main()
        #expect(!job.text("state").contains("hidden") && job.text("state").contains("localhost"))
        #expect(try job.post().status == 0 && machine.cloud.liveTokens.isEmpty)
    }

    @Test(arguments: [("cancelled", true), ("success", false), ("failure", false)])
    func `post of a job that was canceled runs on-cancel with the token, which is then revoked`(
        status: String,
        isRun: Bool
    ) throws {
        job.inputs["on-cancel"] = #"echo "$PULUMI_ACCESS_TOKEN" > "$RUNNER_TEMP/used"; env > "$RUNNER_TEMP/variables""#
        job.inputs["job-status"] = "success"
        try job.main()
        let token = try #require(machine.cloud.liveTokens.first)
        job.inputs["job-status"] = status
        // Whatever a later step has made of the variable.
        job.variables["PULUMI_ACCESS_TOKEN"] = "another"
        let post = try job.post()
        #expect(post.status == 0 && machine.cloud.liveTokens.isEmpty, "\(post.error)")
        #expect((text(of: job.file("temp/used")) == token.value + "\n") == isRun)
        let variables = text(of: job.file("temp/variables")) ?? ""
        #expect(leaks(of: [machine.parent], in: variables) == [])
        #expect(!variables.contains("INPUT_") && !variables.contains("STATE_"))
    }

    @Test(arguments: ["exit 3", "echo $PULUMI_ACCESS_TOKEN; exit 3"])
    func `an on-cancel that fails is a warning, and shows no token`(command: String) throws {
        job.inputs.merge(["on-cancel": command, "job-status": "cancelled"]) { $1 }
        try job.main()
        let post = try job.post()
        #expect(post.status == 0 && machine.cloud.liveTokens.isEmpty)
        #expect(post.error.contains("::warning::the command of the input on-cancel failed: it exited with 3"))
        #expect(leaks(of: machine.mintedValues, in: post.error) == [])
    }

    @Test func `hints speak of inputs, not of options`() throws {
        job.inputs["access-token"] = "unset"
        #expect(try job.main().error.contains("(set the input access-token, or oidc-org to exchange"))
        job.inputs["access-token"] = machine.parent
        job.inputs.merge(["cloud-url": "https://localhost:9", "deadline": "1s"]) { $1 }
        let main = try job.main()
        #expect(main.error.contains("check the input cloud-url"))
        #expect(!main.error.contains("--"))
    }

}
