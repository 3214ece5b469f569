import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Leases of one machine: whose they are, what finishes them, and what does not touch them.
@Suite struct LeaseTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func record(_ folder: String = "home/.local/state/pulumi-token") -> String? {
        machine.sandbox.files.first { $0.hasPrefix(machine.sandbox.file(folder)) && $0.hasSuffix(".json") }
    }

    @Test func `the record of a mint is private, holds no secret, and goes with the token`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        let path = try #require(record())
        let name = path.dropFirst(machine.sandbox.path.utf8.count + 1)
        #expect(machine.sandbox.permissions(String(name)) == 0o600)
        #expect(machine.sandbox.permissions("home/.local/state/pulumi-token") == 0o700)
        let kept = try #require(text(of: path))
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: kept) == [])
        #expect(kept.contains(machine.cloud.tokens(.minted)[0].id))
        #expect(try machine.run("revoke", "--session", "s").status == 0)
        #expect(record() == nil)
        #expect(try machine.run("revoke", "--session", "s").status == 0, "revoking twice is safe")
    }

    @Test func `what a mint that was killed while it wrote has left goes with a later run`() throws {
        let folder = "home/.local/state/pulumi-token"
        _ = try machine.run("mint", "--session", "s", "--export", "none")
        let path = try machine.sandbox.write("{", to: "\(folder)/.x.json.7.new")
        _ = try machine.run("mint", "--session", "t", "--export", "none")
        #expect(fileExists(path))
        _ = try Program("touch", ["-d", "2 days ago", path]).run()
        _ = try machine.run("mint", "--session", "t", "--export", "none")
        #expect(!fileExists(path))
    }

    @Test(arguments: [false, true])
    func `what cannot be revoked now keeps a mint from going on only if that is asked for`(isStrict: Bool) throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let first = try machine.program("mint", "--session", "dead", environment: machine.withCredential).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        first.signal(SIGKILL)
        #expect(try first.wait().status == 137)
        machine.cloud.behave()
        machine.cloud.misbehave(.longOutage(method: "DELETE"))
        let options = ["mint", "--session", "s"] + (isStrict ? ["--fail-on-revoke-error"] : [])
        let mint = try Program(Executable.path, options, environment: machine.withCredential).run()
        #expect(mint.status == (isStrict ? 69 : 0))
        #expect(mint.error.contains("left for later: "))
        #expect(mint.error.contains("what an earlier process left could not be revoked: ") == isStrict)
        #expect(machine.cloud.liveTokens.count == (isStrict ? 1 : 2))
    }

    @Test func `two jobs on one machine never touch each other's tokens`() throws {
        for session in ["a", "b"] { _ = try machine.run("mint", "--export", "none", "--session", session) }
        let ids = machine.cloud.liveTokens.map(\.id)
        #expect(try machine.run("sweep").output == "")
        #expect(try machine.run("revoke", "--session", "a").status == 0)
        #expect(machine.cloud.liveTokens.map(\.id) == [ids[1]])
        #expect(try machine.run("revoke", "--session", "c").status == 0)
        #expect(machine.cloud.liveTokens.map(\.id) == [ids[1]])
        #expect(try machine.run("revoke", "--session", "b").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a sweep tells of the tokens that other jobs have got, and leaves them alone`() throws {
        try machine.sandbox.makeFolder("app.tmp")
        let job = ["GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_PROJECT_DIR": machine.sandbox.file("app")]
        _ = try machine.run("mint", "--export", "none", adding: job)
        for session in ["own", "used"] { _ = try machine.run("mint", "--export", "none", "--session", session) }
        let tokens = machine.cloud.liveTokens
        for words in [["sweep"], ["sweep", "--dry-run"]] {
            let sweep = try Program(
                Executable.path,
                words + ["--session", "own"],
                environment: machine.withCredential.merging(job) { $1 }
                    .merging(["PULUMI_ACCESS_TOKEN": tokens[2].value]) { $1 }
            ).run()
            #expect(sweep.status == 0 && sweep.output == "")
            let notices = sweep.error.split(separator: "\n").filter { $0.contains("left alone") }
            #expect(notices.count == 1, "\(sweep.error)")
            #expect(notices.first?.contains("another job has the token \(tokens[0].id), which lives until 20") == true)
            #expect(notices.first?.hasSuffix("pulumi-token revoke \(tokens[0].id) ends it") == true)
        }
        #expect(machine.cloud.liveTokens.count == 3)
    }

    @Test func `without a session revoke lists what it could end, and ends nothing`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "mine")
        let outcome = try machine.run("revoke")
        #expect(outcome.status == 64)
        #expect(outcome.error.contains("session 'mine': token \(machine.cloud.liveTokens[0].id), expires "))
        #expect(outcome.error.contains("hint: name one with --session, or give the id of a token"))
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test func `tokens are revoked by id, and a value in its place does not come back`() throws {
        for _ in 0..<2 { _ = try machine.run("mint", "--export", "none", "--session", "s") }
        let tokens = machine.cloud.liveTokens
        let wrong = try machine.run("revoke", tokens[0].value)
        #expect(wrong.status == 64)
        #expect(leaks(of: tokens[0].value, in: wrong.log) == [])
        let outcome = try machine.run("revoke", tokens[0].id, tokens[1].id)
        #expect(outcome.status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(try machine.run("revoke", tokens[0].id).error.contains("had expired or was revoked already"))
    }

    @Test func `a lease goes where it was asked to`() throws {
        let path = machine.sandbox.file("tmp/folder/lease.json")
        _ = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(fileExists(path))
        #expect(record() == nil)
        #expect(try machine.run("revoke", "--lease", path).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(!fileExists(path))
        #expect(try machine.run("revoke", "--lease", path).status == 0)
    }

    @Test func `a lease is never put in the place of another one that is needed`() throws {
        let path = try machine.sandbox.write("", to: "tmp/lease.json")
        let options = ["mint", "--export", "none", "--lease", path]
        let program = Program(Executable.path, options, environment: machine.withCredential)
        #expect(try program.run().status == 0)
        let first = try #require(text(of: path))
        let files = machine.temporaryFiles
        let second = try program.run()
        #expect(second.status == 73)
        #expect(second.error.contains("error: \(path) already holds a lease\n"), "\(second.error)")
        #expect(second.error.contains("hint: pulumi-token revoke --lease \(path) ends it"))
        #expect(text(of: path) == first && machine.temporaryFiles == files && machine.cloud.liveTokens.count == 1)

        // As if `exec` had been killed, and the cloud did not let its token be revoked at first.
        try write(first.replacing("\"holder\":\"job\"", with: "\"holder\":\"supervisor\""), to: path)
        machine.cloud.misbehave(.longOutage(method: "DELETE"))
        #expect(try program.run().status == 73)
        #expect(machine.cloud.liveTokens.count == 1)
        machine.cloud.behave()
        let third = try program.run()
        #expect(third.status == 0 && third.error.contains("had left half-done"), "\(third.error)")
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.run("revoke", "--lease", path).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a lease is never put in the place of what is none`() throws {
        let notes = try machine.sandbox.write("notes", to: "tmp/notes")
        let link = try machine.sandbox.link("tmp/link", to: notes)
        for (path, message) in [(notes, "is there already, and is no lease"), (link, "it is a symbolic link")] {
            let outcome = try machine.run("mint", "--export", "none", "--lease", path)
            #expect(outcome.status == 73 && outcome.error.contains(message), "\(outcome.error)")
        }
        #expect(text(of: notes) == "notes" && machine.cloud.requests == [])
    }

    @Test func `a mint that cannot be recorded is not made`() throws {
        try machine.sandbox.write("", to: "file")
        let outcome = try machine.run(
            "mint",
            "--export",
            "none",
            adding: ["XDG_STATE_HOME": machine.sandbox.file("file")]
        )
        #expect(outcome.status == 73)
        #expect(outcome.error.contains("cannot write the lease"))
        #expect(outcome.error.contains("--lease chooses another place"))
        #expect(machine.cloud.requests == [])
    }

    @Test func `a planted record sends nothing anywhere`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        let path = try #require(record())
        let kept = try #require(text(of: path))
        let planted = try BuildMachine()
        // As if somebody wanted the parent credential to be sent to a server of theirs.
        try write(kept.replacing(machine.cloud.url, with: planted.cloud.url), to: path)
        let before = machine.cloud.requests.count
        let outcome = try machine.run("revoke", "--session", "s")
        #expect(outcome.status == 1)
        #expect(
            outcome.error.contains("left alone: a lease of '\(planted.cloud.url)', which is not \(machine.cloud.url)")
        )
        #expect(planted.cloud.requests == [])
        #expect(planted.cloud.report.handshakes == 0)
        #expect(machine.cloud.requests.count == before)
        #expect(fileExists(path))
    }

    @Test func `a damaged, linked or oversized record is reported and left alone`() throws {
        for (name, status, change) in [
            ("it is not a lease record", 65, { (path: String) in try write("{\"version\":1}", to: path) }),
            (
                "it is a symbolic link", 66,
                { path in
                    rename(path, path + ".real")
                    symlink(path + ".real", path)
                }
            ),
            ("file too large", 66, { path in try write(String(repeating: " ", count: 70_000), to: path) }),
            (
                "it is not a regular file", 66,
                { path in
                    unlink(path)
                    mkfifo(path, 0o600)
                }
            ),
        ] as [(String, Int32, (String) throws -> Void)] {
            let machine = try BuildMachine()
            _ = try machine.run("mint", "--export", "none", "--session", "s")
            let folder = machine.sandbox.file("home/.local/state/pulumi-token")
            let path = try #require(machine.sandbox.files.first { $0.hasPrefix(folder) && $0.hasSuffix(".json") })
            try change(path)
            let outcome = try machine.run("revoke", "--session", "s")
            #expect(outcome.error.contains("left alone: \(path): \(name)"), "\(outcome.error)")
            #expect(outcome.status == status && !outcome.error.contains("nothing to revoke"))
            #expect(machine.cloud.liveTokens.count == 1)
            #expect(fileExists(path))
        }
    }

    @Test func `a folder of records that others can write is not used`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        chmod(machine.sandbox.file("home/.local/state/pulumi-token"), 0o777)
        let outcome = try machine.run("revoke", "--session", "s")
        #expect(outcome.status == 66)
        #expect(outcome.error.contains("hint: revoke by id instead"))
        let mint = try machine.run("mint", "--export", "none", "--session", "s")
        #expect(mint.status == 73)
        #expect(machine.cloud.liveTokens.count == 1)
    }

    @Test func `copies that cannot be used keep no job from revoking by its own record`() throws {
        try machine.sandbox.makeFolder("app.tmp")
        let job = ["GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_PROJECT_DIR": machine.sandbox.file("app")]
        _ = try machine.run("mint", "--export", "none", adding: job)
        #expect(record("app.tmp/pulumi-token") != nil && record() != nil)
        chmod(machine.sandbox.file("home/.local/state/pulumi-token"), 0o777)
        for _ in 0..<2 {
            let outcome = try machine.run("revoke", adding: job)
            #expect(outcome.status == 0)
            #expect(outcome.error.contains("warning: the copies of the records cannot be used: "), "\(outcome.error)")
        }
        #expect(machine.cloud.liveTokens.isEmpty)
        chmod(machine.sandbox.file("app.tmp/pulumi-token"), 0o777)
        #expect(try machine.run("revoke", adding: job).status == 66)
    }

    @Test func `what a dead process left half-done is finished by the next mint, and what lives is not touched`() throws
    {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let environment = machine.withCredential
        let first = try Program(Executable.path, ["mint", "--session", "dead"], environment: environment).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        // While the first one lives, nobody helps it.
        _ = try machine.run("mint", "--export", "none", "--session", "other")
        #expect(machine.cloud.liveTokens.count == 2)
        first.signal(SIGKILL)
        _ = try first.wait()
        let next = try machine.run("mint", "--export", "none", "--session", "other")
        #expect(next.error.contains("which process \(first.process) had left half-done"))
        #expect(machine.cloud.liveTokens.count == 2)
        _ = try machine.run("revoke", "--session", "other")
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a sweep by another account fails for what only the account that minted can revoke`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "dead")
        let path = try #require(record())
        // As if `exec` had been killed.
        try write(
            try #require(text(of: path)).replacing("\"holder\":\"job\"", with: "\"holder\":\"supervisor\""),
            to: path
        )
        let bob = ["PULUMI_ACCESS_TOKEN": machine.cloud.parentToken(of: "bob")]
        let sweep = try machine.run("sweep", "--json", adding: bob)
        #expect(sweep.status == 69)
        #expect(
            sweep.output.contains("\"outcome\":\"failed\",\"error\":\"the credential is not the one that minted it\"")
        )
        #expect(sweep.error.contains("warning: 1 of 1 tokens could not be revoked"))
        let mint = try machine.run("mint", "--export", "none", "--fail-on-revoke-error", adding: bob)
        #expect(mint.status == 69)
        #expect(mint.error.contains("may live until") && mint.error.contains(": the credential is not the one that"))
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.run("sweep").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a sweep fails when it cannot look for the token of a half-done mint`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let first = try machine.program("mint", "--session", "dead", environment: machine.withCredential).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        first.signal(SIGKILL)
        _ = try first.wait()
        machine.cloud.behave()
        machine.cloud.misbehave(.longOutage(method: "GET"))
        let sweep = try machine.run("sweep")
        #expect(sweep.status == 69)
        #expect(sweep.error.contains("not revoked: a token whose id was lost with the reply may live until "))
        #expect(sweep.error.contains("1 of 1 tokens could not be revoked") && !sweep.error.contains("revoked 0"))
        machine.cloud.behave()
        #expect(try machine.run("sweep").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a reused process id does not keep a dead one alive`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let first = try Program(
            Executable.path,
            ["mint", "--session", "dead"],
            environment: machine.withCredential
        ).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        first.signal(SIGKILL)
        _ = try first.wait()
        // The record now names a living process, this one, which has another start time.
        let path = try #require(record())
        let kept = try #require(text(of: path))
        try write(kept.replacing("\"pid\":\(first.process)", with: "\"pid\":\(getpid())"), to: path)
        _ = try machine.run("sweep")
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a record of another machine is nobody's business here`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let first = try Program(
            Executable.path,
            ["mint", "--session", "dead"],
            environment: machine.withCredential
        ).start()
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        first.signal(SIGKILL)
        _ = try first.wait()
        let path = try #require(record())
        let kept = try #require(text(of: path))
        let reversed = ["machine", "boot"].reduce(kept) { text, name in
            let own = text.between("\"\(name)\":\"", "\"")
            return text.replacing(own, with: String(own.reversed()))
        }
        try write(reversed, to: path)
        _ = try machine.run("sweep")
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(fileExists(path))
    }

    @Test func `a 404 from another account does not count as gone`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        let outcome = try machine.run(
            "revoke",
            "--session",
            "s",
            adding: ["PULUMI_ACCESS_TOKEN": machine.cloud.parentToken(of: "bob")]
        )
        #expect(outcome.status == 77)
        #expect(outcome.error.contains("the credential is not the one that minted it"))
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.run("revoke", "--session", "s").status == 0)
    }

    @Test func `the minted token may end itself, and where it may not it is said`() throws {
        for mayDelete in [true, false] {
            let machine = try BuildMachine { $0.tokensMayDeleteThemselves = mayDelete }
            _ = try machine.run("mint", "--export", "none", "--session", "s")
            let own = ["PULUMI_ACCESS_TOKEN": machine.mintedValues[0]]
            let outcome = try machine.run("revoke", "--session", "s", adding: own)
            #expect(outcome.status == (mayDelete ? 0 : 77))
            #expect(machine.cloud.liveTokens.isEmpty == mayDelete)
        }
    }

    @Test func `a token that revokes its session ends the others before itself`() throws {
        for _ in 0..<2 { _ = try machine.run("mint", "--export", "none", "--session", "s") }
        let first = try #require(record().flatMap { text(of: $0) })
        // As after `. "$(mint)"; . "$(mint)"`: one of the two is the credential, here the one that is found first.
        let own = try #require(machine.cloud.liveTokens.first { first.contains($0.id) })
        let outcome = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": own.value])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(record() == nil)
    }

    @Test func `a token that is told to revoke itself and others comes last`() throws {
        for _ in 0..<2 { _ = try machine.run("mint", "--export", "none", "--session", "s") }
        let tokens = machine.cloud.liveTokens
        let own = ["PULUMI_ACCESS_TOKEN": tokens[0].value, "PULUMI_ACCESS_TOKEN_ID": tokens[0].id]
        let outcome = try machine.run("revoke", tokens[0].id, tokens[1].id, adding: own)
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `a lost reply to the deletion of itself is taken for the end that it is`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        machine.cloud.misbehave(.reset(.afterActing, method: "DELETE"))
        let outcome = try machine.run(
            "revoke",
            "--session",
            "s",
            adding: ["PULUMI_ACCESS_TOKEN": machine.mintedValues[0]]
        )
        #expect(outcome.status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `an expired token needs one line and no alarm`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s", "--ttl", "60s")
        machine.cloud.advanceClock(by: 61)
        let own = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": machine.mintedValues[0]])
        #expect(own.status == 0)
        #expect(own.error.contains("had expired or was revoked already"))
    }

    @Test func `a machine whose clock is days ahead forgets no token that lives`() throws {
        machine.cloud.advanceClock(by: -200_000)
        _ = try machine.run("mint", "--session", "s")
        let files = machine.temporaryFiles
        #expect(!files.isEmpty)
        _ = try machine.run("mint", "--export", "none", "--session", "t")
        #expect(machine.temporaryFiles == files, "another job's files stay")
        for session in ["s", "t"] { #expect(try machine.run("revoke", "--session", session).status == 0) }
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `sixty-four mints at once get through a server that takes five a second`() throws {
        let machine = try BuildMachine {
            $0.rateLimit.count = 5
            $0.rateLimit.seconds = 1
            $0.rateLimit.method = "POST"
        }
        machine.cloud.misbehave(.stall(.beforeActing, method: "POST", times: 64))
        let runs = try (0..<64).map { index in
            try machine.program(
                "mint",
                "--export",
                "none",
                "--session",
                "s\(index)",
                environment: machine.withCredential
            ).start()
        }
        // However long it takes to start so many processes, their requests are there at once.
        #expect(machine.cloud.wait { $0.misbehaviours == [64] })
        machine.cloud.release()
        for run in runs { #expect(try run.wait().status == 0) }
        let requests = machine.cloud.requests.filter { $0.method == "POST" }
        #expect(machine.cloud.liveTokens.count == 64)
        #expect(requests.count <= 256)
        // Who was told to come again in a second does not come earlier.
        let byConnection = Dictionary(grouping: requests, by: \.connection).values.map { $0.map(\.monotonicTime) }
        let pauses = byConnection.flatMap { times in zip(times.dropFirst(), times).map { $0 - $1 } }
        #expect(pauses.count > 64 && pauses.allSatisfy { $0 >= 1 })
    }
}
