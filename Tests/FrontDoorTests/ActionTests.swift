import HTTPTransport
import StubTransport
import TestBench
import TestMachine
import Testing

/// The two stages of the GitHub action.
@Suite struct ActionTests {
    private let job: ActionJob
    private var cloud: InMemoryCloud { job.cloud }

    init() throws {
        job = try ActionJob()
    }

    @Test func `main exports by outputs and environment, and post revokes without a list`() throws {
        job.inputs["ttl"] = "20m"
        #expect(try job.main().code == 0)
        #expect(cloud.tokens.map(\.expires) == [VirtualClock.start + 1200])
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == "value-1" && job.exported["PULUMI_ACCESS_TOKEN_ID"] == "t-1")
        #expect(Set(job.outputs.keys).isSuperset(of: ["token", "token-id", "expires-at", "revocable"]))
        #expect(job.outputs["token"] == "value-1" && job.outputs["revocable"] == "true")
        #expect(try job.post().code == 0)
        #expect(cloud.requests.map { String($0.prefix(4)) } == ["POST", "DELE"])
    }

    @Test func `post says nothing alarming when the token is already gone`() throws {
        _ = try job.main()
        cloud.answer("DELETE", acting: true, with: .reply(404, #"{"code":404}"#))
        let post = try job.post()
        #expect(post.code == 0)
        #expect(post.error.contains("t-1 had expired or was revoked already"))
        #expect(ActionJob.annotations(in: post) == [])
    }

    @Test func `post warns and succeeds when the cloud is not there, and fails when it was asked to`() throws {
        _ = try job.main()
        cloud.fail("DELETE")
        let post = try job.post()
        #expect(post.code == 0)
        #expect(ActionJob.annotations(in: post).count == 1)
        #expect(ActionJob.annotations(in: post)[0].contains("t-1"))
        job.inputs["fail-on-revoke-error"] = "true"
        let failed = try job.post()
        #expect(failed.code == 69)
        let annotations = ActionJob.annotations(in: failed)
        #expect(annotations.count == 2 && annotations.first?.hasPrefix("::warning::not revoked: ") == true)
        let error = "::error::the token was not revoked ("
        #expect(annotations.last?.hasPrefix(error) == true)
        cloud.behave()
        #expect(try job.post().code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test(arguments: [
        ("kind", "bogus"), ("revoke", "maybe"), ("fail-on-revoke-error", "xx"), ("deadline", "abc"), ("summary", "1"),
    ])
    func `an input that a later step has made nonsense does not keep post from revoking`(
        name: String,
        value: String
    ) throws {
        _ = try job.main()
        job.inputs[name] = value
        let post = try job.post()
        #expect(post.code == 0 && cloud.tokens.isEmpty, "\(post.error)")
        let warning = "::warning::invalid value for the input \(name): '\(value)'"
        let annotations = ActionJob.annotations(in: post)
        #expect(annotations.count == 1 && annotations[0].hasPrefix(warning), "\(annotations)")
        #expect(annotations[0].contains("; its default is used"))
    }

    @Test(arguments: ["isolate", "export-env", "revoke"])
    func `an input without which on-cancel could not run is refused beside it`(name: String) throws {
        job.inputs["on-cancel"] = "pulumi cancel --yes"
        job.inputs[name] = "false"
        let main = try job.main()
        #expect(main.code == 64)
        let sentence = "error: \(name): false and the input on-cancel cannot be combined"
        #expect(main.error.contains(sentence), "\(main.error)")
        #expect(cloud.requests == [])
    }

    @Test func `what post cannot revoke has its ID and its expiry in the log and in the summary`() throws {
        _ = try job.main()
        job.inputs["cloud-url"] = "https://other.example"
        let post = try job.post()
        #expect(post.code == 0 && cloud.tokens.count == 1)
        let warning = "not revoked: token t-1 might be valid until 2027-01-15T14:00:00Z"
        #expect(ActionJob.annotations(in: post)[0].contains(warning), "\(post.error)")
        #expect(job.machine.disk.text("summary")?.contains("Pulumi token not revoked") == true)
    }

    @Test func `post says that the token expired before the job ended`() throws {
        job.inputs["ttl"] = "60s"
        _ = try job.main()
        job.machine.time.advance(by: .seconds(75))
        let post = try job.post()
        #expect(post.code == 0)
        let sentence = "the token expired 15 seconds before the job ended; set the input ttl to a longer time"
        #expect(ActionJob.annotations(in: post) == ["::warning::\(sentence)"])
        #expect(try #require(job.summary).contains("| Outcome | \(sentence) |"))
    }

    @Test(arguments: ["value-of-a-stranger", ""])
    func `post revokes the token by itself when a later step has changed the variable of its credential`(
        value: String
    ) throws {
        job.inputs["access-token"] = "unset"
        job.variables["PULUMI_ACCESS_TOKEN"] = "parent-credential"
        _ = try job.main()
        job.variables.merge(job.exported) { $1 }
        job.variables["PULUMI_ACCESS_TOKEN"] = value
        if !value.isEmpty { cloud.answer("DELETE", with: .reply(403, #"{"code":403,"message":"no"}"#)) }
        let post = try job.post()
        #expect(post.code == 0 && cloud.tokens.isEmpty)
        let sentence = "something else set PULUMI_ACCESS_TOKEN after the mint; steps after that did not use this token"
        #expect(ActionJob.annotations(in: post) == ["::warning::\(sentence)"])
    }

    @Test func `a login that a later step made is told when Pulumi passed it over`() throws {
        job.inputs["cloud-url"] = "https://self.acme.test"
        _ = try job.main()
        job.variables.merge(job.exported) { $1 }
        let folder = try #require(job.exported["PULUMI_CREDENTIALS_PATH"])
        try write(#"{"current":"file://~"}"#, to: folder + "/credentials.json")
        let post = try job.post()
        let sentence =
            "a later login chose file://~, and Pulumi used https://self.acme.test, since PULUMI_BACKEND_URL is set"
        #expect(ActionJob.annotations(in: post) == ["::warning::\(sentence)"])
        #expect(cloud.tokens.isEmpty)
    }

    @Test(arguments: [("https://self.acme.test", 0), ("https://api.pulumi.com", 64)] as [(String, Int32)])
    func `the project in work-dir has to name the same cloud, which main says`(cloud: String, code: Int32) throws {
        try job.machine.disk.makeFolder("infra")
        try job.machine.disk.write("name: app\nbackend: {url: 'https://self.acme.test'}\n", to: "infra/Pulumi.yaml")
        job.inputs.merge(["work-dir": "infra", "cloud-url": cloud]) { $1 }
        let main = try job.main()
        #expect(main.code == code)
        #expect(main.error.contains("the token is for https://self.acme.test\n") == (code == 0), "\(main.error)")
        guard code != 0 else { return }
        let path = job.machine.disk.file("infra/Pulumi.yaml")
        let sentence = "the input cloud-url is \(cloud), but backend.url of \(path) is https://self.acme.test"
        #expect(main.error.contains(sentence))
    }

    @Test func `a work-dir that is not there is an error`() throws {
        job.inputs["work-dir"] = "missing"
        let main = try job.main()
        #expect(main.code == 64)
        #expect(main.error.contains("invalid value for the input work-dir: 'missing' is not a directory"))
    }

    @Test func `a project that a checkout brings between the stages does not keep post from revoking`() throws {
        _ = try job.main()
        try job.machine.disk.write("name: app\nbackend: {url: 'https://self.example'}\n", to: "Pulumi.yaml")
        #expect(try job.post().code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `without revoke the token is left to its expiry`() throws {
        job.inputs["revoke"] = "false"
        _ = try job.main()
        #expect(try job.post().code == 0)
        #expect(cloud.tokens.count == 1)
    }

    @Test func `without export-env later steps get outputs only`() throws {
        job.inputs["export-env"] = "false"
        _ = try job.main()
        #expect(job.exported == [:])
        #expect(job.outputs["token"] == "value-1")
        _ = try job.post()
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `state that main did not save is not believed`() throws {
        _ = try job.main()
        let post = try job.post(without: "network")
        #expect(post.code == 0)
        #expect(post.error.contains("the main step saved no state"))
        #expect(cloud.tokens.count == 1)
    }

    @Test func `a lease of another cloud sends nothing anywhere`() throws {
        _ = try job.main()
        job.inputs["cloud-url"] = "https://elsewhere.example"
        let post = try job.post()
        #expect(post.code == 0)
        #expect(post.error.contains("the lease record is not for"))
        #expect(cloud.requests.count == 1)
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
                "the input access-token does not look like a Pulumi token: it contains spaces or tabs"
            ),
            (["access-token": "unset"], 77, "no Pulumi credential found"),
            (["cloud-url": "nonsense"], 64, "the input cloud-url is not a URL"),
            (["cloud-url": "https://user:word@localhost"], 64, "the input cloud-url contains a user name or password"),
            (
                ["cloud-url": "https://app.pulumi.com"], 64,
                "the input cloud-url is the web page app.pulumi.com, not the API"
            ),
            (
                ["env-name": "PATH"], 64,
                "invalid value for the input env-name: 'PATH' changes how programs of the job work"
            ),
            (["oidc-type": "robot"], 64, "invalid value for the input oidc-type: 'robot'"),
        ] as [([String: String], Int32, String)]
    )
    func `bad input is named, and no request is sent`(
        inputs: [String: String],
        code: Int32,
        message: String
    ) throws {
        job.inputs.merge(inputs) { $1 }
        let main = try job.main()
        #expect(main.code == code)
        #expect(main.error.contains("pulumi-token: error: \(message)"))
        #expect(main.error.contains("pulumi-token: hint: "))
        #expect(ActionJob.annotations(in: main).count == 1)
        #expect(job.exported == [:] && job.outputs == [:])
        // Post has nothing to do and says so without alarm.
        #expect(try job.post().code == 0)
        #expect(cloud.requests == [])
    }

    @Test func `another backend in the environment stops main`() throws {
        job.variables["PULUMI_BACKEND_URL"] = "https://elsewhere.example"
        let main = try job.main()
        #expect(main.code == 64)
        #expect(main.error.contains("PULUMI_BACKEND_URL names another backend than https://api.pulumi.com"))
        #expect(cloud.requests == [])
    }

    @Test func `no variable chooses an option for the action`() throws {
        job.variables = [
            "PULUMI_TOKEN_TTL": "2d", "PULUMI_TOKEN_CLOUD_URL": "https://elsewhere.example",
            "PULUMI_TOKEN_ENV_NAME": "OTHER",
        ]
        #expect(try job.main().code == 0)
        #expect(cloud.tokens.map(\.expires) == [VirtualClock.start + 21_600])
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == "value-1")
    }

    @Test(arguments: ["access-token", "oidc-org", "oidc-token-file", "oidc-token-env"])
    func `an input that chooses the credential may not be empty`(name: String) throws {
        job.inputs["access-token"] = "unset"
        if name.hasPrefix("oidc-token") { job.inputs.merge(["oidc-org": "acme", "oidc-user": "alice"]) { $1 } }
        job.inputs[name] = ""
        job.variables["PULUMI_ACCESS_TOKEN"] = "parent-credential"
        let main = try job.main()
        #expect(main.code == 77)
        #expect(main.error.contains("error: the input \(name) is set but empty"))
        #expect(cloud.requests == [])
    }

    @Test(arguments: [
        ("PULUMI_ACCESS_TOKEN", "true", "::warning::the minted token replaces the parent credential in"),
        ("OTHER", "true", "::warning::PULUMI_ACCESS_TOKEN still contains the parent credential"),
        ("PULUMI_ACCESS_TOKEN", "false", nil), ("OTHER", "false", nil),
    ])
    func `a credential that the export replaces, or does not, is told of`(
        name: String,
        exports: String,
        says: String?
    ) throws {
        job.inputs["access-token"] = "unset"
        job.inputs["env-name"] = name
        job.inputs["export-env"] = exports
        job.variables["PULUMI_ACCESS_TOKEN"] = "parent-credential"
        let main = try job.main()
        #expect(main.code == 0)
        for sentence in ["::warning::the minted token replaces", "::warning::PULUMI_ACCESS_TOKEN still contains"] {
            #expect(main.error.contains(sentence) == (says?.hasPrefix(sentence) == true), "\(main.error)")
        }
    }

    @Test func `an environment file that is not there fails before the mint`() throws {
        job.variables["GITHUB_ENV"] = job.machine.disk.file("missing")
        let main = try job.main()
        #expect(main.code == 73)
        #expect(main.error.contains("the file in GITHUB_ENV does not exist"))
        #expect(cloud.requests == [])
    }
}
