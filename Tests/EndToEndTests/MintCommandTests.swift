import CloudEmulator
import JobBench
import TestBench
import Testing

/// `mint` on the static executable: what the shells get.
@Suite(.ownThreads) struct MintCommandTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    @Test func `stdout holds the value alone`() throws {
        let outcome = try machine.run("mint", "--export", "stdout")
        #expect(outcome.output == machine.mintedValues[0] + "\n")
        #expect(leaks(of: machine.mintedValues, in: outcome.error) == [])
    }

    @Test(arguments: ["AES256-SHA", "AES128-SHA256", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"])
    func `a server of TLS 1.2 is understood with each cipher that it may want`(cipher: String) throws {
        let machine = try BuildMachine { $0.ciphers = "ECDHE-ECDSA-\(cipher)" }
        #expect(try machine.run("mint", "--export", "none").status == 0)
    }

    @Test func `settings of the CLI that nobody writes do not keep the token away`() throws {
        try machine.sandbox.makeFolder("pulumi")
        try machine.sandbox.makePipe("pulumi/config.json")
        let settings = ["PULUMI_HOME": machine.sandbox.file("pulumi")]
        let outcome = try machine.run("mint", "--deadline", "4s", adding: settings)
        #expect(outcome.status == 0 && machine.cloud.liveTokens.count == 1, "\(outcome.error)")
    }

    @Test(arguments: ["sh", "bash", "zsh", "fish"])
    func `each shell evaluates what is printed for it`(shell: String) throws {
        let evaluate =
            shell == "fish"
            ? "pulumi-token mint --export shell --shell fish | source"
            : "eval \"$(pulumi-token mint --export shell --shell \(shell))\""
        let outcome = try machine.shell(
            shell,
            "\(evaluate); printf '%s\\n' \"$PULUMI_ACCESS_TOKEN\" \"$PULUMI_ACCESS_TOKEN_ID\" \"$PULUMI_BACKEND_URL\""
        )
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(outcome.output == "\(token.value)\n\(token.id)\n\(machine.cloud.url)\n")
    }

    @Test(arguments: ["sh", "bash", "zsh"], ["", "set -x", "set -v", "set -eu", "set -o noclobber"])
    func `what is sourced shows nothing and leaves nothing`(shell: String, mode: String) throws {
        let script = """
            \(mode)
            . "$(pulumi-token mint)"
            { set +xv; } 2>/dev/null
            test "$PULUMI_ACCESS_TOKEN_ID" && printf %s "$PULUMI_ACCESS_TOKEN"
            """
        let outcome = try machine.shell(shell, script)
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(outcome.output.hasSuffix(token.value))
        let shown = outcome.error + outcome.output.dropLast(token.value.count)
        #expect(leaks(of: [token.value, machine.parent], in: shown) == [])
        #expect(!machine.sandbox.files.contains { $0.hasSuffix("/export.sh") || $0.hasSuffix(".values") })
    }

    @Test func `a file goes where it was asked to, private, and several names get the token`() throws {
        let path = machine.sandbox.file("tmp/a folder's/export.sh")
        try machine.sandbox.makeFolder("tmp/a folder's")
        let outcome = try machine.run(
            "mint",
            "--export",
            "file=\(path)",
            "--env-name",
            "A_TOKEN",
            "--env-name",
            "B_TOKEN",
            "--no-isolate"
        )
        #expect(outcome.output == path + "\n")
        #expect(machine.sandbox.permissions("tmp/a folder's/export.sh") == 0o700)
        #expect(machine.sandbox.permissions("tmp/a folder's/export.sh.values") == 0o600)
        #expect(leaks(of: machine.mintedValues, in: text(of: path) ?? "") == [])
        let quoted = path.replacing("'", with: "'\\''")
        let job = try machine.shell(
            "dash",
            ". '\(quoted)'; echo $A_TOKEN-$B_TOKEN-${PULUMI_CREDENTIALS_PATH-none}"
        )
        let value = machine.mintedValues[0]
        #expect(job.output == "\(value)-\(value)-none\n")
    }

    @Test func `a session that nobody else knows is handed on`() throws {
        let job = try machine.shell("bash", ". \"$(pulumi-token mint)\"; pulumi-token revoke; echo $?")
        #expect(job.output == "0\n")
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(machine.temporaryFiles == [])
    }

    @Test(arguments: ["sh", "bash", "zsh"], [false, true])
    func `after a failed mint the parent is no longer in the variable`(shell: String, exitsOnError: Bool) throws {
        let script = """
            \(exitsOnError ? "set -e" : "")
            . "$(pulumi-token mint --ttl nonsense)"
            echo "$? ${PULUMI_ACCESS_TOKEN-unset}"
            """
        let outcome = try machine.shell(shell, script)
        #expect(outcome.output == (exitsOnError ? "" : "64 unset\n"))
        #expect(outcome.status == (exitsOnError ? 64 : 0))
        #expect(machine.temporaryFiles == [])
        #expect(machine.cloud.requests == [])
    }

    @Test(arguments: ["shell", "stdout", "json"])
    func `a script that shows its commands in a log without masks gets no token to show`(form: String) throws {
        let script = "text=$(\(Executable.path) mint -q --export \(form)); echo got it"
        let variables = machine.withCredential.merging(["JENKINS_URL": "http://ci.example", "BUILD_NUMBER": "4"]) { $1 }
        let traced = try Program("sh", ["-xe", "-c", script], environment: variables).run()
        #expect(traced.status == 64 && traced.error.contains("shows every command with its values"), "\(traced.log)")
        #expect(machine.cloud.requests.isEmpty)
        #expect(try Program("sh", ["-e", "-c", script], environment: variables).run().output == "got it\n")
    }
}
