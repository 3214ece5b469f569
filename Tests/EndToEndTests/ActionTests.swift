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
        #expect(Set(job.outputs.keys) == ["token", "token-id", "expires-at", "revocable"])
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

    @Test func `post says nothing alarming when the token is already gone`() throws {
        try job.main()
        let id = try #require(job.outputs["token-id"])
        try machine.cloud.revoke(id: id)
        let post = try job.post()
        #expect(post.status == 0)
        #expect(post.error.contains("\(id) had expired or was revoked already"))
        #expect(job.log.annotations == [])
    }

    @Test func `post warns and succeeds when the cloud is not there, and fails when it was asked to`() throws {
        try job.main()
        machine.cloud.misbehave(.longOutage())
        let post = try job.post()
        #expect(post.status == 0)
        #expect(job.log.annotations.count == 1)
        #expect(job.log.annotations[0].contains(job.outputs["token-id"] ?? "?"))
        job.inputs["fail-on-revoke-error"] = "true"
        #expect(try job.post().status == 69)
        machine.cloud.behave()
        #expect(try job.post().status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `without revoke the token is left to its expiry`() throws {
        job.inputs["revoke"] = "false"
        try job.main()
        #expect(try job.post().status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test func `without export-env later steps get outputs only`() throws {
        job.inputs["export-env"] = "false"
        try job.main()
        #expect(job.exported == [:])
        #expect(job.outputs["token"] == machine.mintedValues.first)
        try job.post()
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `state that main did not save is not believed`() throws {
        try job.main()
        let program = job.program("post")
        var forged = program
        forged.environment["STATE_network"] = nil
        let post = try forged.run()
        #expect(post.status == 0)
        #expect(post.error.contains("the main stage left no state"))
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test func `a proxy or authority that came after main is not used by post`() throws {
        try job.main()
        job.variables = ["HTTPS_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/nonexistent"]
        let post = try job.post()
        #expect(post.error.contains("HTTPS_PROXY, SSL_CERT_FILE changed since the token was minted"))
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a lease of another cloud sends nothing anywhere`() throws {
        try job.main()
        job.inputs["cloud-url"] = "https://localhost:9"
        let post = try job.post()
        #expect(post.status == 0)
        #expect(post.error.contains("the lease is of another cloud"))
        #expect(machine.cloud.requests.map(\.method) == ["POST"])
    }

    @Test(
        arguments: [
            (["ttl": "1x"], 64, "invalid value for the input ttl: '1x' is not a duration"),
            (["ttl": "59s"], 64, "invalid value for the input ttl: '59s' is too short"),
            (
                ["ttl": "1h", "expires": "2030-01-01T00:00:00Z"], 64,
                "the input ttl and the input expires cannot be combined"
            ),
            (["revoke": "perhaps"], 64, "invalid value for the input revoke: 'perhaps'"),
            (["access-token": ""], 77, "the input access-token is set but empty"),
            (
                ["access-token": "two words"], 77,
                "the input access-token does not look like a Pulumi token: it has blanks in it"
            ),
            (["access-token": "unset"], 77, "there is no Pulumi credential"),
            (["cloud-url": "nonsense"], 64, "the input cloud-url is not a URL"),
            (["cloud-url": "https://user:word@localhost"], 64, "the input cloud-url holds a user name or password"),
            (
                ["cloud-url": "https://app.pulumi.com"], 64,
                "the input cloud-url is the web page app.pulumi.com, not the API"
            ),
            (["env-name": "PATH"], 64, "the input env-name: 'PATH' cannot be used"),
            (["oidc-type": "robot"], 64, "invalid value for the input oidc-type: 'robot'"),
        ] as [([String: String], Int32, String)]
    )
    func `bad input is named, and no request is sent`(
        inputs: [String: String],
        status: Int32,
        message: String
    ) throws {
        job.inputs.merge(inputs) { $1 }
        let main = try job.main()
        #expect(main.status == status)
        #expect(main.error.contains("pulumi-token: error: \(message)"))
        #expect(main.error.contains("pulumi-token: hint: "))
        #expect(job.log.annotations.count == 1)
        #expect(machine.cloud.requests == [])
        #expect(job.exported == [:] && job.outputs == [:])
        // Post has nothing to do and says so without alarm.
        let post = try job.post()
        #expect(post.status == 0)
        #expect(machine.cloud.requests == [])
    }

    @Test func `another backend in the environment stops main`() throws {
        job.variables["PULUMI_BACKEND_URL"] = "https://elsewhere.example"
        let main = try job.main()
        #expect(main.status == 64)
        #expect(main.error.contains("PULUMI_BACKEND_URL names another backend than \(machine.cloud.url)"))
        #expect(machine.cloud.requests == [])
    }

    @Test func `no variable chooses an option for the action`() throws {
        job.variables = [
            "PULUMI_TOKEN_TTL": "2d", "PULUMI_TOKEN_CLOUD_URL": "https://elsewhere.example",
            "PULUMI_TOKEN_ENV_NAME": "OTHER",
        ]
        #expect(try job.main().status == 0)
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.askingTime(for: token).contains(token.expires - 21_600))
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == token.value)
    }

    @Test(arguments: ["access-token", "oidc-org", "oidc-token-file", "oidc-token-env"])
    func `an input that chooses the credential may not be empty`(name: String) throws {
        job.inputs["access-token"] = "unset"
        if name.hasPrefix("oidc-token") { job.inputs["oidc-org"] = "acme" }
        job.inputs[name] = ""
        job.variables["PULUMI_ACCESS_TOKEN"] = machine.parent
        let main = try job.main()
        #expect(main.status == 77)
        #expect(main.error.contains("error: the input \(name) is set but empty"))
        #expect(machine.cloud.requests == [])
    }

    @Test(arguments: [
        ("PULUMI_ACCESS_TOKEN", "true", true), ("OTHER", "true", false), ("PULUMI_ACCESS_TOKEN", "false", false),
    ])
    func `a credential that the export replaces is warned of`(name: String, exports: String, isWarned: Bool) throws {
        job.inputs["access-token"] = "unset"
        job.inputs["env-name"] = name
        job.inputs["export-env"] = exports
        job.variables["PULUMI_ACCESS_TOKEN"] = machine.parent
        let main = try job.main()
        #expect(main.status == 0)
        #expect(main.error.contains("::warning::the minted token replaces the credential in") == isWarned)
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

    @Test func `an environment file that is not there fails before the mint`() throws {
        job.variables["GITHUB_ENV"] = job.file("missing")
        let main = try job.main()
        #expect(main.status == 73)
        #expect(main.error.contains("the file that GITHUB_ENV names does not exist"))
        #expect(machine.cloud.requests == [])
    }
}
