import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import Supervision
@testable import TokenLifecycle
@testable import pulumi_token

/// What a job finds in its private folder, and what that folder tells at the end of the job.
@Suite struct JobTracesTests {
    private let machine: Machine
    private let cloud: InMemoryCloud
    private var disk: ScratchFolder { machine.disk }
    private let login = "home/.pulumi"

    init() throws {
        (machine, cloud) = try Machine.withCloud()
        machine.variables["PULUMI_HOME"] = machine.disk.file(login)
        try machine.disk.makeFolder(login)
    }

    /// Mints for a shell; gives what the shell has then.
    private func mint(_ words: [String] = [], adding changes: [String: String] = [:]) throws -> [String: String] {
        let mint = try machine.run(["mint", "--export", "shell", "--session", "s"] + words, adding: changes)
        #expect(mint.code == 0, "\(mint.error)")
        return ShellVariables.exported(by: mint.output)
    }

    private func revoke(_ variables: [String: String], _ words: [String] = []) throws -> Machine.Outcome {
        try machine.run(["revoke", "--session", "s"] + words, adding: variables)
    }

    private func copy(_ variables: [String: String]) -> String? {
        variables["PULUMI_CREDENTIALS_PATH"].flatMap { text(of: $0 + "/credentials.json") }
    }

    // MARK: The backend

    @Test(
        arguments: [
            ("file://~", [:], "file://~"),
            ("s3://bucket", ["PULUMI_TOKEN_CLOUD_URL": "https://api.pulumi.com"], "s3://bucket"),
            ("https://self.example", ["PULUMI_TOKEN_CLOUD_URL": "https://api.pulumi.com"], "https://self.example"),
            (
                "https://self.example", ["PULUMI_BACKEND_URL": "https://api.pulumi.com"],
                "https://api.pulumi.com"
            ),
        ] as [(String, [String: String], String)]
    )
    func `the private folder says which backend the job had, and holds no token`(
        current: String,
        variables: [String: String],
        expected: String
    ) throws {
        try disk.write(
            #"{"version":1,"current":"\#(current)","accounts":{"\#(current)":{"accessToken":"stored-value"}}}"#,
            to: login + "/credentials.json"
        )
        let shell = try mint(adding: variables)
        #expect(copy(shell) == #"{"version":1,"current":"\#(expected)","accounts":{"\#(current)":{}}}"#)
        let folder = shell["PULUMI_CREDENTIALS_PATH"] ?? ""
        #expect(disk.permissions(String(folder.dropFirst(disk.path.count + 1))) == 0o700)
    }

    @Test func `without a login the private folder has none either`() throws {
        let shell = try mint()
        #expect(copy(shell) == nil)
    }

    @Test(arguments: [#"{"$pulumiSecureStore":"x"}"#, "no JSON"])
    func `a login that cannot be read stops a mint, unless something else names the backend`(contents: String) throws {
        try disk.write(contents, to: login + "/credentials.json")
        let words = ["mint", "--export", "shell", "--session", "s", "--cloud-url", "https://api.pulumi.com"]
        let mint = try machine.run(words, adding: [:])
        #expect(mint.code == 66)
        #expect(mint.error.contains("and no other setting names the job's backend"))
        #expect(mint.error.contains("hint: set PULUMI_BACKEND_URL, or set --cloud-url and --no-isolate"))
        #expect(cloud.requests == [] && machine.records(below: "home/.local") == [])
        #expect(machine.files(below: "tmp") == [])
        #expect(try machine.run(words + ["--no-isolate"], adding: [:]).code == 0)
        #expect(try machine.run(words, adding: ["PULUMI_BACKEND_URL": "https://api.pulumi.com"]).code == 0)
        try disk.write("name: app\nbackend: {url: 'file://~'}\n", to: "Pulumi.yaml")
        #expect(try machine.run(words, adding: [:]).code == 0)
    }

    // MARK: After the revocation

    @Test func `after a revocation the variable still names a folder, which is empty, and goes a day later`() throws {
        try disk.write(#"{"current":"file://~"}"#, to: login + "/credentials.json")
        let shell = try mint()
        let folder = try #require(shell["PULUMI_CREDENTIALS_PATH"])
        try write("no JSON, and so no login that decides", to: folder + "/credentials.json")
        #expect(try revoke(shell).code == 0)
        #expect(disk.permissions(String(folder.dropFirst(disk.path.count + 1))) == 0o700)
        #expect(ScratchFolder.files(in: folder) == [])
        // The next CLI in this shell stores what it has there.
        try write("parent-credential", to: folder + "/credentials.json")
        let outer = String(folder.dropFirst(disk.path.count + 1).dropLast("/credentials".count))
        machine.touch(outer, age: 3600)
        _ = try machine.run("mint", "--export", "none")
        #expect(text(of: folder + "/credentials.json") != nil)
        machine.touch(outer, age: 2 * 86400)
        _ = try machine.run("mint", "--export", "none")
        #expect(disk.permissions(outer) == nil)
    }

    @Test(arguments: [
        ["PULUMI_ACCESS_TOKEN": ""], ["PULUMI_BACKEND_URL": "nonsense"], [:],
    ]) func `a revocation that fails removes the copies of the token`(changes: [String: String]) throws {
        var shell = try mint(["--env-name", "OTHER"])
        let folder = try #require(shell["PULUMI_CREDENTIALS_PATH"])
        try write("value-1", to: folder + "/credentials.json")
        cloud.fail("DELETE")
        shell.merge(changes) { $1 }
        let revoke = try revoke(shell)
        #expect(revoke.code != 0)
        let left = ScratchFolder.files(in: disk.file("tmp")).compactMap { text(of: $0) }
        #expect(!left.contains { $0.contains("value-1") }, "\(revoke.error)")
        #expect(cloud.tokens.count == 1 && machine.records().count == 1)
    }

    // MARK: A later login

    @Test(arguments: [
        ("file://~", true), ("https://self.example", true), ("https://self.acme.test/", false),
    ]) func `a login that a later step made and that Pulumi passed over is told`(chosen: String, isTold: Bool) throws {
        let traces = try mintedForOtherCloud()
        try write(#"{"current":"\#(chosen)"}"#, to: (traces["PULUMI_CREDENTIALS_PATH"] ?? "") + "/credentials.json")
        let revoke = try revoke(traces)
        #expect(revoke.code == 0)
        let warning =
            "warning: a later login chose \(chosen), and Pulumi used https://self.acme.test, since PULUMI_BACKEND_URL is set"
        #expect(revoke.error.contains(warning) == isTold, "\(revoke.error)")
    }

    private func mintedForOtherCloud() throws -> [String: String] {
        let shell = try mint(["--cloud-url", "https://self.acme.test"])
        #expect(shell["PULUMI_BACKEND_URL"] == "https://self.acme.test")
        return shell
    }

    // MARK: Its life

    @Test(arguments: [[:], ["GITLAB_CI": "true", "CI_JOB_ID": "7"]] as [[String: String]])
    func `a token that expired before its job ended is told instead of revoked`(system: [String: String]) throws {
        let shell = try mint(["--ttl", "60s"], adding: system)
        machine.time.advance(by: .seconds(75))
        let revoke = try revoke(shell.merging(system) { $1 })
        #expect(revoke.code == 0)
        let warning = "warning: the token expired 15 seconds before the job ended; set --ttl to a longer time\n"
        #expect(revoke.error.contains(warning), "\(revoke.error)")
        #expect(!revoke.error.contains("revoked t-1"))
    }

    @Test func `a token of 60 seconds around 75 seconds of a command, word for word`() throws {
        let told = try machine.run { context in
            let text = LifeText(length: 60, left: 60)
            var notices = text.notices(on: context.console, from: context.clock.uptime())
            for _ in 0..<75 {
                machine.time.advance(by: .seconds(1))
                notices.say(at: context.clock.uptime())
            }
            var report = RevocationReport()
            report.expired = .init(secondsAgo: 15)
            return RevocationText(context.console, of: "the command") { _ in .notATokenID }.tell([report])
        }
        #expect(told.code == 0 && told.output == "")
        #expect(
            told.error == """
                pulumi-token: warning: the token expires in 6 seconds and the command is still running; set --ttl to a longer time
                pulumi-token: warning: the token has expired and the command is still running
                pulumi-token: warning: the token expired 15 seconds before the command ended; set --ttl to a longer time

                """
        )
    }

    @Test func `an organization that allows no more is named`() throws {
        let shell = try mint(["--kind", "organization", "--org", "acme", "--ttl", "2d"])
        machine.time.advance(by: .seconds(2 * 86400 + 60))
        cloud.answer("GET /api/orgs/acme/metadata", with: .reply(200, #"{"maxAccessTokenExpiryDays":2}"#))
        let revoke = try revoke(shell.merging(["PULUMI_ACCESS_TOKEN": "parent-credential"]) { $1 })
        let sentence = "the token expired 1 minute before the job ended; the organization acme allows at most 2 days\n"
        #expect(revoke.error.contains("warning: " + sentence), "\(revoke.error)")
    }

    @Test(arguments: [("24h", false), ("25h", true)]) func `a life of more than a day is told`(
        length: String,
        isTold: Bool
    ) throws {
        let mint = try machine.run("mint", "--export", "none", "--ttl", length)
        let notice = "notice: the token is valid for more than 24 hours; set --ttl to what the job takes\n"
        #expect(mint.error.contains(notice) == isTold)
    }

    @Test(
        arguments: [
            (60, 0, 54, "6 seconds"), (60, 10, 44, "6 seconds"), (36_000, 0, 35_700, "5 minutes"),
        ] as [(Int64, Int64, Int64, String)]
    )
    func `while a command runs, the end of its token is told before it comes`(
        life: Int64,
        age: Int64,
        moment: Int64,
        words: String
    ) {
        let sentences = LifeText(length: life, left: life - age).sentences
        #expect(sentences.map(\.after) == [moment, life - age])
        #expect(
            sentences.map(\.text) == [
                "the token expires in \(words) and the command is still running; set --ttl to a longer time",
                "the token has expired and the command is still running",
            ]
        )
    }

    // MARK: Another token

    @Test func `a token that a later step replaced is told, and revoked by itself where nothing else can`() throws {
        var shell = try mint()
        shell["PULUMI_ACCESS_TOKEN"] = "value-of-a-stranger"
        cloud.answer("GET", with: .reply(403, #"{"code":403,"message":"no"}"#))
        let revoke = try revoke(shell)
        #expect(revoke.code == 0, "\(revoke.error)")
        #expect(cloud.tokens.isEmpty)
        #expect(revoke.error.contains("the parent credential is missing or was rejected, so the token revoked itself"))
        #expect(revoke.error.contains("warning: this token was never used: something else set PULUMI_ACCESS_TOKEN"))
        #expect(!revoke.error.contains("value-1"))
    }

    @Test func `an emptied variable does not keep the token from being revoked`() throws {
        var shell = try mint()
        shell["PULUMI_ACCESS_TOKEN"] = ""
        let revoke = try revoke(shell)
        #expect(revoke.code == 0 && cloud.tokens.isEmpty, "\(revoke.error)")
        #expect(machine.records() == [])
    }

    @Test func `what keeps the token is private, and only there where its credential can be lost`() throws {
        _ = try mint()
        let path = try #require(machine.files(below: "tmp").first { $0.hasSuffix("/token") })
        #expect(text(of: path) == "value-1")
        #expect(disk.permissions(String(path.dropFirst(disk.path.count + 1))) == 0o600)
        _ = try revoke([:])
        let file = try disk.write("parent-credential", to: "home/parent")
        _ = try mint(["--access-token-file", file])
        #expect(!machine.files(below: "tmp").contains { $0.hasSuffix("/token") })
    }

    @Test func `a file that holds another token is not believed`() throws {
        var shell = try mint()
        let path = try #require(machine.files(below: "tmp").first { $0.hasSuffix("/token") })
        try write("another-value", to: path)
        shell["PULUMI_ACCESS_TOKEN"] = ""
        let revoke = try revoke(shell)
        #expect(revoke.code == 77)
        #expect(cloud.tokens.count == 1 && machine.records().count == 1)
    }

    @Test func `a token that was never used is told where a list is read anyway`() throws {
        let shell = try mint()
        let revoke = try revoke(shell)
        #expect(revoke.error.contains("notice: token t-1 was never used"))
        #expect(!revoke.error.contains("something else set"))
    }

    @Test func `a token that was used is not told of`() throws {
        let shell = try mint()
        cloud.use("t-1")
        #expect(try !revoke(shell).error.contains("nobody used"))
    }
}
