import CloudEmulator
import JobBench
import RunnerGrammars
import Secrets
import TestBench
import Testing

@Suite struct ActionTests {
    private let machine: BuildMachine
    private let job: GitHubJob

    init() throws {
        machine = try BuildMachine()
        job = try GitHubJob(machine)
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

    @Test func `the private credentials folder takes the user's settings along and is gone after post`() throws {
        try machine.sandbox.makeFolder("home/.pulumi")
        try machine.sandbox.write("{\"x\":1}", to: "home/.pulumi/config.json")
        try machine.sandbox.write("{\"accessTokens\":{}}", to: "home/.pulumi/credentials.json")
        try job.main()
        let folder = try #require(job.exported["PULUMI_CREDENTIALS_PATH"])
        #expect(text(of: folder + "/config.json") == "{\"x\":1}")
        #expect(text(of: folder + "/credentials.json") == nil)
        // The Pulumi CLI writes what it finds in the environment.
        try write("{}", to: folder + "/credentials.json")
        try job.post()
        #expect(!fileExists(folder))
        #expect(text(of: machine.sandbox.file("home/.pulumi/credentials.json")) == "{\"accessTokens\":{}}")
    }

    @Test func `a proxy or authority that came after main is not used by post`() throws {
        try job.main()
        job.variables = ["HTTPS_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/nonexistent"]
        let post = try job.post()
        #expect(post.error.contains("HTTPS_PROXY, SSL_CERT_FILE changed since the token was minted"))
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `hints speak of inputs, not of options`() throws {
        job.inputs["access-token"] = "unset"
        #expect(try job.main().error.contains("(give the input access-token, or oidc-org to exchange"))
        job.inputs["access-token"] = machine.parent
        job.inputs["cloud-url"] = "https://localhost:9"
        let main = try job.main()
        #expect(main.error.contains("check the input cloud-url"))
        #expect(!main.error.contains("--"))
    }

}
