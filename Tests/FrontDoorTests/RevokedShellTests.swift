import Glibc
import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

/// `revoke` in the shell that has the token, or in one that has nothing but the token.
@Suite struct RevokedShellTests {
    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud()
    }

    /// Mints, and gives the variables of the shell that sourced it.
    private func mint(_ words: String...) throws -> [String: String] {
        let mint = try machine.run(["mint", "--export", "shell"] + words, adding: [:])
        return mint.output.split(separator: "\n").reduce(into: [:]) { variables, line in
            let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            variables[String(parts[0])] = String(parts[1].dropFirst().dropLast())
        }
    }

    @Test func `a shell is told that its token is the one that was revoked`() throws {
        let shell = try mint()
        let revoke = try machine.run("revoke", adding: shell)
        #expect(revoke.code == 0 && revoke.output == "")
        #expect(revoke.error.contains("\npulumi-token: PULUMI_ACCESS_TOKEN is the token that was revoked\n"))
    }

    @Test func `the variable is named that has the token, and no other`() throws {
        let shell = try mint("--env-name", "DEPLOY_TOKEN,OTHER_TOKEN")
        #expect(
            try machine.run("revoke", adding: shell).error
                .hasSuffix("\npulumi-token: DEPLOY_TOKEN and OTHER_TOKEN are the token that was revoked\n")
        )
    }

    @Test func `where another shell has the token, nothing is said of this one's`() throws {
        _ = try mint("--session", "s")
        #expect(try !machine.run("revoke", "--session", "s").error.contains("the token that was revoked"))
    }

    @Test func `a token that is revoked by its ID is known to its shell, too`() throws {
        let shell = try mint()
        #expect(
            try machine.run("revoke", "t-1", adding: shell).error
                .contains("PULUMI_ACCESS_TOKEN is the token that was revoked")
        )
    }

    // MARK: --export shell

    @Test func `revoke prints what lets a shell forget the token`() throws {
        let shell = try mint()
        let revoke = try machine.run("revoke", "--export", "shell", adding: shell)
        let names = [
            "PULUMI_ACCESS_TOKEN", "PULUMI_ACCESS_TOKEN_ID", "PULUMI_CREDENTIALS_PATH", "PULUMI_CREDENTIAL_HELPER",
            "PULUMI_TOKEN_SESSION",
        ]
        #expect(revoke.output == names.map { "unset -v \($0)\n" }.joined())
        #expect(cloud.tokens.isEmpty && revoke.code == 0)
    }

    @Test func `a shell that has another credential keeps it`() throws {
        _ = try mint("--session", "s")
        #expect(try machine.run("revoke", "--session", "s", "--export", "shell").output == "")
    }

    @Test(
        arguments: [
            ("sh", ["-c"], "sh"), ("dash", ["-c"], "sh"), ("bash", ["-c"], "bash"), ("zsh", ["-f", "-c"], "zsh"),
            ("busybox", ["sh", "-c"], "sh"), ("ksh93", ["-c"], "sh"), ("mksh", ["-c"], "sh"), ("yash", ["-c"], "sh"),
            ("fish", ["--no-config", "-c"], "fish"),
        ]
    )
    func `in each shell the token is gone, and a failure keeps it and is told`(
        shell: String,
        words: [String],
        language: String
    ) throws {
        let variables = try mint()
        cloud.fail("DELETE")
        for code in [69, 0] {
            let revoke = try machine.run("revoke", "--export", "shell", "--shell", language, adding: variables)
            let script =
                language == "fish"
                ? "eval $argv[1]; echo $status $PULUMI_ACCESS_TOKEN" : "eval \"$1\"; echo $? $PULUMI_ACCESS_TOKEN"
            let operands = language == "fish" ? [script, revoke.output] : [script, "sh", revoke.output]
            let outcome = try Program(shell, words + operands, environment: Program.usualPath.merging(variables) { $1 })
                .run()
            #expect(outcome.output == (code == 0 ? "0\n" : "69 value-1\n"), "\(outcome)")
            cloud.behave()
        }
    }

    @Test func `a command line that is wrong fails in the shell, too`() throws {
        #expect(try machine.run("revoke", "--nonsense", "--export=shell").output == "(exit 64)\n")
        #expect(try machine.run("revoke", "--export", "json").code == 64)
        // It says how `mint` exports.
        #expect(try machine.run("revoke", "--session", "s", adding: ["PULUMI_TOKEN_EXPORT": "json"]).code == 0)
    }

    // MARK: Without a record

    /// As in another container, whose home is its own.
    private func loseRecords() {
        for path in machine.records() { unlink(path) }
    }

    @Test func `without a record, the token that the job has is revoked by its ID`() throws {
        let shell = try mint()
        loseRecords()
        let revoke = try machine.run("revoke", adding: shell)
        #expect(revoke.code == 0 && cloud.tokens.isEmpty)
        #expect(revoke.error.contains("has no record of this session, so the token is "))
        #expect(revoke.error.contains("PULUMI_ACCESS_TOKEN_ID names the token that was revoked"))
        cloud.answer("GET", with: .reply(401, #"{"code":401}"#))
        let again = try machine.run("revoke", adding: shell)
        #expect(again.code == 0 && again.error.contains("no longer accepts the token in PULUMI_ACCESS_TOKEN"))
    }

    @Test func `without a record and with a credential that may not, it is said where the record is missing`() throws {
        let shell = try mint()
        loseRecords()
        cloud.answer("GET", with: .reply(403, #"{"code":403}"#))
        let revoke = try machine.run("revoke", adding: shell)
        #expect(revoke.code == 77 && cloud.tokens.count == 1)
        #expect(revoke.error.contains("/home/.local/state/pulumi-token has no record of it"))
        #expect(revoke.error.contains("hint: run pulumi-token revoke where mint ran, or with the parent credential"))
    }

    @Test func `without a record, a token of another account is not said to be gone`() throws {
        let shell = try mint()
        loseRecords()
        cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#))
        let revoke = try machine.run("revoke", adding: shell)
        #expect(revoke.error.contains("it expired, was revoked, or belongs to another account"))
    }

    @Test func `who names a session means that one, whatever token the shell has`() throws {
        let shell = try mint()
        #expect(try machine.run("revoke", "--session", "other", adding: shell).code == 0)
        #expect(cloud.tokens.count == 1)
    }
}
