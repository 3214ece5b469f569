import CloudEmulator
import FoundationEssentials
import JobBench
import TestBench
import Testing

/// `mint` on the static executable: what it asks for, and what the shells get.
@Suite struct MintCommandTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    // MARK: Exports

    @Test func `json is the resource and nothing else`() throws {
        let outcome = try machine.run(
            "mint",
            "--export",
            "json",
            "--ttl",
            "15m",
            "--description",
            "release 7",
            "--reason",
            "why"
        )
        let token = try #require(machine.cloud.liveTokens.first)
        let resource = try JSONDecoder().decode(Resource.self, from: Data(outcome.output.utf8))
        #expect(outcome.output.split(separator: "\n").count == 1)
        #expect(resource.id == token.id && resource.tokenId == token.id && resource.tokenValue == token.value)
        #expect(resource.description == token.description && resource.expires == token.expires)
        #expect(resource.reason == "why" && token.reason == "why" && resource.revocable)
        #expect(resource.expiresAt.hasSuffix("Z"))
        #expect(token.description.hasPrefix("release 7 [pulumi-token:"))
        #expect(machine.askingTime(for: token).contains(token.expires - 900))
        #expect(leaks(of: [token.value, machine.parent], in: outcome.error) == [])
    }

    private struct Resource: Decodable {
        var id, tokenId, tokenValue, description, reason, expiresAt: String
        var expires: Int64
        var revocable: Bool
    }

    @Test func `stdout holds the value alone`() throws {
        let outcome = try machine.run("mint", "--export", "stdout")
        #expect(outcome.output == machine.mintedValues[0] + "\n")
        #expect(leaks(of: machine.mintedValues, in: outcome.error) == [])
    }

    @Test func `none hands over nothing`() throws {
        let outcome = try machine.run("mint", "--export", "none")
        #expect(outcome.output == "" && outcome.status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
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
        #expect(machine.sandbox.permissions("tmp/a folder's/export.sh") == 0o600)
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

    @Test func `dotenv is a private file of plain lines`() throws {
        let path = machine.sandbox.file("tmp/token.env")
        let outcome = try machine.run("mint", "--export", "dotenv=\(path)", "--no-isolate", "--session", "s")
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(outcome.output == "")
        #expect(machine.sandbox.permissions("tmp/token.env") == 0o600)
        let lines = [
            "PULUMI_ACCESS_TOKEN=\(token.value)", "PULUMI_ACCESS_TOKEN_ID=\(token.id)",
            "PULUMI_BACKEND_URL=\(machine.cloud.url)", "PULUMI_CREDENTIAL_HELPER=none", "PULUMI_TOKEN_SESSION=s", "",
        ]
        #expect(text(of: path) == lines.joined(separator: "\n"))
    }

    @Test func `a session that nobody else knows is handed on`() throws {
        let job = try machine.shell("bash", ". \"$(pulumi-token mint)\"; pulumi-token revoke; echo $?")
        #expect(job.output == "0\n")
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(machine.temporaryFiles == [])
    }

    @Test func `revoke removes what was never sourced`() throws {
        let mint = try machine.run("mint", "--session", "s")
        #expect(fileExists(mint.output.replacing("\n", with: "")))
        #expect(try machine.run("revoke", "--session", "s").status == 0)
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

    // MARK: Asking

    @Test(
        arguments: [
            (["--ttl", "90s"], 90), (["--ttl", "1h30m"], 5400), (["--ttl", "2d"], 172_800), (["--ttl", "PT1H"], 3600),
            (["--ttl", "61"], 61), ([], 3600),
        ] as [([String], Int64)]
    )
    func `a token lives as long as it was asked to`(arguments: [String], seconds: Int64) throws {
        let program = Program(
            Executable.path,
            ["mint", "--export", "none"] + arguments,
            environment: machine.withCredential
        )
        #expect(try program.run().status == 0)
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.askingTime(for: token).contains(token.expires - seconds))
    }

    @Test func `an absolute expiry is kept to the second`() throws {
        _ = try machine.run("mint", "--export", "none", "--expires", "2027-01-31T12:00:00+01:00")
        #expect(machine.cloud.liveTokens.map(\.expires) == [1_801_393_200])
    }

    @Test func `on GitLab the job's own time-out is the natural life`() throws {
        _ = try machine.run("mint", "--export", "none", adding: ["GITLAB_CI": "true", "CI_JOB_TIMEOUT": "5400"])
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.askingTime(for: token).contains(token.expires - 5400))
    }

    @Test(arguments: [-86_400.0, 86_400, -120, 120])
    func `a machine whose clock is off gets the expiry in the server's time`(offset: Double) throws {
        machine.cloud.advanceClock(by: offset)
        let outcome = try machine.run("mint", "--export", "none", "--ttl", "10m")
        #expect(outcome.status == 0)
        #expect(outcome.error.contains(offset < 0 ? "ahead of the server's" : "behind the server's"))
        #expect(outcome.error.contains(", in 10 minutes\n"))
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.cloud.liveTokens.count == 1)
        // Clocks of whole seconds tell their difference to a second.
        let asking = machine.askingTime(for: token, offset: Int64(offset))
        #expect((asking.lowerBound...asking.upperBound + 1).contains(token.expires - 600))
    }

    @Test func `a long text is cut, and control characters become blanks`() throws {
        let text = "line\none\u{1B}[31m" + String(repeating: "é", count: 300)
        _ = try machine.run("mint", "--export", "none", "--description", text)
        let description = try #require(machine.cloud.liveTokens.first).description
        #expect(description.utf8.count <= 200 && description.utf8.count >= 198)
        #expect(description.hasPrefix("line one [31mé"))
        #expect(description.hasSuffix("]"))
    }

    @Test func `verify looks at what was granted`() throws {
        let machine = try BuildMachine { $0.grantedLifetime = 300 }
        let outcome = try machine.run("mint", "--export", "none", "--verify")
        #expect(outcome.status == 0)
        #expect(outcome.error.contains("the server granted less than was asked for"))
        #expect(machine.cloud.requests.map(\.method) == ["POST", "GET"])
    }

    @Test func `wait returns only when the new token is accepted`() throws {
        let machine = try BuildMachine { $0.requestsBeforeAcceptance = 2 }
        #expect(try machine.run("mint", "--export", "none", "--wait").status == 0)
        #expect(machine.cloud.requests.map(\.method) == ["POST", "GET", "GET", "GET"])
    }

    @Test func `the private credentials folder is given, and not where it is not wanted`() throws {
        let with = try machine.run("mint", "--export", "shell")
        let path = with.output.between("PULUMI_CREDENTIALS_PATH='", "'")
        #expect(fileExists(path))
        let without = try machine.run("mint", "--export", "shell", "--no-isolate")
        #expect(!without.output.contains("PULUMI_CREDENTIALS_PATH"))
    }
}
