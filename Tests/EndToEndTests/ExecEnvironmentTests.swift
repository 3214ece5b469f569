import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What a command of `exec` gets, and what it does not.
@Suite(.ownThreads) struct ExecEnvironmentTests {
    /// Its output is where the test can see secrets: a file.
    private func variables(
        _ machine: BuildMachine,
        _ options: [String] = [],
        _ change: (inout Program) -> Void = { _ in }
    ) throws -> [String: String] {
        let result = try machine.start(
            ["exec", "-q"] + options + [
                "--", "/bin/sh", "-c", "cat /proc/self/environ > \(machine.sandbox.path)/environ",
            ],
            change
        ).wait()
        #expect(result.status == 0)
        #expect(result.error.isEmpty)
        let entries = try #require(machine.sandbox.contents("environ")).split(separator: 0).map {
            String(decoding: $0, as: UTF8.self)
        }
        return Dictionary(
            entries.map { entry in
                let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts.last ?? ""))
            },
            uniquingKeysWith: { first, _ in first + " (twice)" }
        )
    }

    @Test func `the command gets the token, its id, the cloud, the session and a private folder`() throws {
        let machine = try BuildMachine()
        let seen = try variables(machine)
        let token = try #require(machine.cloud.tokens(.minted).first)
        #expect(seen["PULUMI_ACCESS_TOKEN"] == token.value)
        #expect(seen["PULUMI_ACCESS_TOKEN_ID"] == token.id)
        #expect(seen["PULUMI_BACKEND_URL"] == machine.cloud.url)
        #expect(seen["PULUMI_TOKEN_SESSION"]?.isEmpty == false)
        #expect(seen["PULUMI_CREDENTIALS_PATH"]?.hasPrefix(machine.sandbox.file("tmp/pulumi-token-")) == true)
        #expect(seen["HOME"] == machine.sandbox.file("home"))
        expectNothingLeft(machine)
    }

    @Test func `every name that was asked for gets the token, and no other`() throws {
        let machine = try BuildMachine()
        let seen = try variables(machine, ["--env-name", "DEPLOY_TOKEN", "--env-name", "OTHER"])
        let token = try #require(machine.cloud.tokens(.minted).first)
        #expect(seen.filter { $0.value == token.value }.keys.sorted() == ["DEPLOY_TOKEN", "OTHER"])
        #expect(seen["PULUMI_ACCESS_TOKEN"] == nil)
        #expect(seen["PULUMI_TOKEN_VARIABLE"] == "DEPLOY_TOKEN")
    }

    @Test func `that PULUMI_ACCESS_TOKEN is something else is not said of a token that is in it`() throws {
        let machine = try BuildMachine()
        #expect(try variables(machine, [])["PULUMI_TOKEN_VARIABLE"] == nil)
        let inner = try variables(machine, []) { $0.environment["PULUMI_TOKEN_VARIABLE"] = "DEPLOY_TOKEN" }
        #expect(inner["PULUMI_TOKEN_VARIABLE"] == "")
    }

    @Test func `the parent credential is handed on under no name`() throws {
        let machine = try BuildMachine()
        let seen = try variables(machine) {
            $0.environment["COPY"] = machine.parent
            $0.environment["PASTED"] = machine.parent + "\n"
            $0.environment["OTHER"] = "pul-another"
        }
        #expect(!seen.values.contains { $0.contains(machine.parent) })
        #expect(seen["COPY"] == nil && seen["PASTED"] == nil)
        #expect(seen["OTHER"] == "pul-another")
    }

    @Test func `our own options are not handed on, other variables are`() throws {
        let machine = try BuildMachine()
        let seen = try variables(machine, ["--session", "mine"]) {
            $0.environment["PULUMI_TOKEN_TTL"] = "10m"
            $0.environment["PULUMI_TOKEN_KILL_AFTER"] = "7s"
            $0.environment["PULUMI_TOKEN_OWN"] = "not an option"
            $0.environment["EMPTY"] = ""
        }
        #expect(seen["PULUMI_TOKEN_TTL"] == nil && seen["PULUMI_TOKEN_KILL_AFTER"] == nil)
        #expect(seen["PULUMI_TOKEN_OWN"] == "not an option")
        #expect(seen["EMPTY"]?.isEmpty == true)
        #expect(seen["PULUMI_TOKEN_SESSION"] == "mine")
        #expect(try #require(machine.cloud.tokens(.minted).first?.expires) <= Int64(machine.cloud.now) + 600)
    }

    @Test func `without isolation the user's own folder is used`() throws {
        let machine = try BuildMachine()
        let seen = try variables(machine, ["--no-isolate"]) { $0.environment["PULUMI_CREDENTIALS_PATH"] = "/own" }
        #expect(seen["PULUMI_CREDENTIALS_PATH"] == "/own")
    }

    @Test func `the private folder is removed with what Pulumi leaves there, even when revoking fails`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(.status(403, method: "DELETE", times: 0))
        let script = "echo '{}' > \"$PULUMI_CREDENTIALS_PATH/credentials.json\"; echo \"$PULUMI_CREDENTIALS_PATH\""
        let result = try machine.exec([], script)
        #expect(result.status == 0)
        #expect(access(String(result.output.dropLast()), F_OK) != 0)
        #expect(machine.jobFolders.isEmpty)
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test(arguments: ["", "\n", "\r\n"], [false, true])
    func `an identity token is handed on under no name`(end: String, isInFile: Bool) throws {
        let machine = try BuildMachine { $0.exchangedTokensMayMint = true }
        let identity = try machine.cloud.identityToken(.init(audience: "urn:pulumi:org:acme"))
        try machine.sandbox.write(identity + end, to: "identity")
        let file = machine.sandbox.file("identity")
        let place = isInFile ? ["--oidc-token-file", file] : ["--oidc-token-env", "ID_TOKEN"]
        let seen = try variables(machine, ["--oidc-org", "acme", "--oidc-user", "alice"] + place) {
            $0.environment["PULUMI_ACCESS_TOKEN"] = nil
            $0.environment["ID_TOKEN"] = identity + end
            $0.environment["COPY"] = identity
            $0.environment["PASTED"] = identity + "\n"
        }
        #expect(!seen.values.contains { $0.contains(identity) })
        #expect(!seen.values.contains { value in machine.cloud.tokens(.exchanged).contains { $0.value == value } })
        expectNothingLeft(machine)
    }

    @Test func `arguments and variables are passed byte by byte`() throws {
        let machine = try BuildMachine()
        let odd: [UInt8] = [0xFF, 0xC3, 0x28, 0x0A, 0x20, 0x22, 0x01]
        let show =
            "printf '%s' \"$1\" | od -An -tx1 | tr -d ' \\n'; echo; printf '%s' \"$ODD\" | od -An -tx1 | tr -d ' \\n'"
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", show, "sh"]) {
            $0.oddArguments = [odd]
            $0.oddEnvironment.append(Array("ODD=".utf8) + odd)
            $0.oddEnvironment.append(Array("entry without an equals sign".utf8))
        }
        let result = try run.wait()
        #expect(result.output == "ffc3280a202201\nffc3280a202201")
    }

    @Test func `no process shows the parent credential, and only the command the token`() throws {
        let machine = try BuildMachine()
        let script = "/bin/sh -c 'echo ready; read line <&3' & echo ready; read line <&3; wait"
        let pipe = try Pipe()
        let run = try machine.start(["exec", "--", "/bin/sh", "-c", script]) {
            $0.descriptors = [(pipe.readEnd, 3)]
            $0.environment["COPY"] = machine.parent
        }
        close(pipe.takeReadEnd())
        try run.await("ready\nready\n")
        let token = try #require(machine.cloud.liveTokens.first?.value)
        let tree = ProcessTree(of: run.process)
        #expect(tree.pids.count >= 2)
        #expect(tree.withEnvironment(holding: machine.parent).isEmpty)
        #expect(tree.withCommandLine(holding: machine.parent).isEmpty)
        #expect(tree.withEnvironment(holding: token) == Array(tree.pids.dropFirst()))
        #expect(tree.withCommandLine(holding: token).isEmpty)
        pipe.closeWriteEnd()
        #expect(try run.wait().status == 0)
        expectNothingLeft(machine)
    }
}
