import CloudEmulator
import Glibc
import Testing

/// What a command of `exec` gets, and what it does not.
@Suite struct ExecEnvironmentTests {
    /// Its output is where the test can see secrets: a file.
    private func variables(
        _ bench: Workbench,
        _ options: [String] = [],
        _ change: (inout Launch) -> Void = { _ in }
    ) throws -> [String: String] {
        let result = try bench.start(
            ["exec", "-q"] + options + ["--", "/bin/sh", "-c", "cat /proc/self/environ > \(bench.folder)/environ"],
            change
        ).result()
        #expect(result.code == 0)
        #expect(result.errorText.isEmpty)
        let entries = contents(bench.folder + "/environ").split(separator: 0).map {
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
        let bench = try Workbench()
        let seen = try variables(bench)
        let token = try #require(bench.cloud.tokens(.minted).first)
        #expect(seen["PULUMI_ACCESS_TOKEN"] == token.value)
        #expect(seen["PULUMI_ACCESS_TOKEN_ID"] == token.id)
        #expect(seen["PULUMI_BACKEND_URL"] == bench.cloud.url)
        #expect(seen["PULUMI_TOKEN_SESSION"]?.isEmpty == false)
        #expect(seen["PULUMI_CREDENTIALS_PATH"]?.hasPrefix(bench.folder + "/pulumi-token-") == true)
        #expect(seen["HOME"] == bench.folder)
        expectNothingLeft(bench)
    }

    @Test func `every name that was asked for gets the token, and no other`() throws {
        let bench = try Workbench()
        let seen = try variables(bench, ["--env-name", "DEPLOY_TOKEN", "--env-name", "OTHER"])
        let token = try #require(bench.cloud.tokens(.minted).first)
        #expect(seen.filter { $0.value == token.value }.keys.sorted() == ["DEPLOY_TOKEN", "OTHER"])
        #expect(seen["PULUMI_ACCESS_TOKEN"] == nil)
    }

    @Test func `the parent credential is handed on under no name`() throws {
        let bench = try Workbench()
        let seen = try variables(bench) {
            $0.set("COPY", bench.parent)
            $0.set("PASTED", bench.parent + "\n")
            $0.set("OTHER", "pul-another")
        }
        #expect(!seen.values.contains { $0.contains(bench.parent) })
        #expect(seen["COPY"] == nil && seen["PASTED"] == nil)
        #expect(seen["OTHER"] == "pul-another")
    }

    @Test func `our own options are not handed on, other variables are`() throws {
        let bench = try Workbench()
        let seen = try variables(bench, ["--session", "mine"]) {
            $0.set("PULUMI_TOKEN_TTL", "10m")
            $0.set("PULUMI_TOKEN_KILL_AFTER", "7s")
            $0.set("PULUMI_TOKEN_OWN", "not an option")
            $0.set("EMPTY", "")
        }
        #expect(seen["PULUMI_TOKEN_TTL"] == nil && seen["PULUMI_TOKEN_KILL_AFTER"] == nil)
        #expect(seen["PULUMI_TOKEN_OWN"] == "not an option")
        #expect(seen["EMPTY"]?.isEmpty == true)
        #expect(seen["PULUMI_TOKEN_SESSION"] == "mine")
        #expect(try #require(bench.cloud.tokens(.minted).first?.expires) <= Int64(bench.cloud.now) + 600)
    }

    @Test func `without isolation the user's own folder is used`() throws {
        let bench = try Workbench()
        let seen = try variables(bench, ["--no-isolate"]) { $0.set("PULUMI_CREDENTIALS_PATH", "/own") }
        #expect(seen["PULUMI_CREDENTIALS_PATH"] == "/own")
    }

    @Test func `the private folder is removed with what Pulumi leaves there, even when revoking fails`() throws {
        let bench = try Workbench()
        bench.cloud.misbehave(.status(403, method: "DELETE", times: 0))
        let script = "echo '{}' > \"$PULUMI_CREDENTIALS_PATH/credentials.json\"; echo \"$PULUMI_CREDENTIALS_PATH\""
        let result = try bench.exec([], script)
        #expect(result.code == 0)
        #expect(access(String(result.text.dropLast()), F_OK) != 0)
        #expect(bench.jobFolders.isEmpty)
        #expect(bench.cloud.liveTokens.count == 1)
    }

    @Test func `an identity token is handed on under no name`() throws {
        var configuration = Configuration()
        configuration.exchangedTokensMayMint = true
        let bench = try Workbench(configuration)
        let identity = try bench.cloud.identityToken(.init(audience: "urn:pulumi:org:acme"))
        let seen = try variables(bench, ["--oidc-org", "acme", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN"])
        {
            $0.unset("PULUMI_ACCESS_TOKEN")
            $0.set("ID_TOKEN", identity)
            $0.set("COPY", identity)
        }
        #expect(!seen.values.contains(identity))
        #expect(!seen.values.contains { value in bench.cloud.tokens(.exchanged).contains { $0.value == value } })
        expectNothingLeft(bench)
    }

    @Test func `arguments and variables are passed byte by byte`() throws {
        let bench = try Workbench()
        let odd: [UInt8] = [0xFF, 0xC3, 0x28, 0x0A, 0x20, 0x22, 0x01]
        let show =
            "printf '%s' \"$1\" | od -An -tx1 | tr -d ' \\n'; echo; printf '%s' \"$ODD\" | od -An -tx1 | tr -d ' \\n'"
        let run = try bench.start(["exec", "-q", "--", "/bin/sh", "-c", show, "sh"]) {
            $0.words.append(odd)
            $0.environment.append(Array("ODD=".utf8) + odd)
            $0.environment.append(Array("entry without an equals sign".utf8))
        }
        let result = try run.result()
        #expect(result.text == "ffc3280a202201\nffc3280a202201")
    }

    @Test func `no process shows the parent credential, and only the command the token`() throws {
        let bench = try Workbench()
        let script = "/bin/sh -c 'echo ready; read line <&3' & echo ready; read line <&3; wait"
        let pipe = try makePipe()
        let run = try bench.start(["exec", "--", "/bin/sh", "-c", script]) {
            $0.descriptors = [(pipe.read, 3)]
            $0.set("COPY", bench.parent)
        }
        close(pipe.read)
        try run.await("ready\nready\n")
        let token = try #require(bench.cloud.liveTokens.first?.value)
        let tree = ProcessTree(of: run.pid)
        #expect(tree.pids.count >= 2)
        #expect(tree.withEnvironment(holding: bench.parent).isEmpty)
        #expect(tree.withCommandLine(holding: bench.parent).isEmpty)
        #expect(tree.withEnvironment(holding: token) == Array(tree.pids.dropFirst()))
        #expect(tree.withCommandLine(holding: token).isEmpty)
        close(pipe.write)
        #expect(try run.result().code == 0)
        expectNothingLeft(bench)
    }
}
