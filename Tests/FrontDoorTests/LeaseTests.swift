import Glibc
import HTTPTransport
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

/// Leases of one machine: whose they are, what finishes them, and what does not touch them.
@Suite struct LeaseTests {
    private let machine: Machine
    private let cloud: InMemoryCloud
    private let folder = "home/.local/state/pulumi-token"
    private var disk: ScratchFolder { machine.disk }

    init() throws {
        (machine, cloud) = try Machine.withCloud()
    }

    private func mint(_ session: String, adding changes: [String: String] = [:]) throws -> Machine.Outcome {
        try machine.run("mint", "--export", "none", "--session", session, adding: changes)
    }

    /// A GitLab job, which has records of its own.
    private func job() throws -> [String: String] {
        try disk.makeFolder("app.tmp")
        return ["GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_PROJECT_DIR": disk.file("app")]
    }

    @Test func `the record of a mint is private, holds no secret, and goes with the token`() throws {
        _ = try mint("s")
        let path = try #require(machine.records().first)
        #expect(disk.permissions(String(path.dropFirst(disk.path.count + 1))) == 0o600)
        #expect(disk.permissions(folder) == 0o700)
        let kept = try #require(text(of: path))
        #expect(!kept.contains("value-1") && !kept.contains("parent-credential") && kept.contains("\"t-1\""))
        #expect(try machine.run("revoke", "--session", "s").code == 0)
        #expect(machine.records() == [])
        #expect(try machine.run("revoke", "--session", "s").code == 0, "revoking twice is safe")
    }

    @Test func `what a mint that was killed while it wrote has left goes with a later run`() throws {
        _ = try mint("s")
        let name = "\(folder)/.x.json.7.new"
        try disk.write("{", to: name)
        for (age, isLeft) in [(3600, true), (2 * 86400, false)] as [(Int64, Bool)] {
            machine.touch(name, age: age)
            _ = try mint("t")
            #expect((disk.contents(name) != nil) == isLeft)
        }
    }

    @Test(arguments: [false, true])
    func `what cannot be revoked now keeps a mint from going on only if that is asked for`(isStrict: Bool) throws {
        _ = try mint("dead")
        try machine.kill()
        cloud.fail("DELETE")
        let option = isStrict ? ["--fail-on-revoke-error"] : []
        let mint = try machine.run(["mint", "--session", "s"] + option, adding: [:])
        #expect(mint.code == (isStrict ? 69 : 0))
        #expect(mint.error.contains("not revoked yet: "))
        #expect(mint.error.contains("cannot revoke a token from an earlier run: ") == isStrict)
        #expect(cloud.tokens.count == (isStrict ? 1 : 2))
    }

    @Test func `two jobs on one machine never touch each other's tokens`() throws {
        for session in ["a", "b"] { _ = try mint(session) }
        #expect(try machine.run("sweep").output == "")
        #expect(try machine.run("revoke", "--session", "a").code == 0)
        #expect(cloud.tokens.map(\.id) == ["t-2"])
        #expect(try machine.run("revoke", "--session", "c").code == 0)
        #expect(cloud.tokens.map(\.id) == ["t-2"])
        #expect(try machine.run("revoke", "--session", "b").code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `a sweep tells of the tokens that other jobs have got, and leaves them alone`() throws {
        let job = try job()
        _ = try machine.run("mint", "--export", "none", adding: job)
        for session in ["own", "used"] { _ = try mint(session) }
        for words in [["sweep"], ["sweep", "--dry-run"]] {
            let sweep = try machine.run(
                words + ["--session", "own"],
                adding: job.merging(["PULUMI_ACCESS_TOKEN": "value-3"]) { $1 }
            )
            #expect(sweep.code == 0 && sweep.output == "")
            let notices = sweep.error.split(separator: "\n").filter { $0.contains("kept token") }
            #expect(notices.count == 1, "\(sweep.error)")
            #expect(notices.first?.contains("kept token t-1 of another session, valid until 20") == true)
            #expect(notices.first?.hasSuffix("after its job ends, run pulumi-token revoke t-1") == true)
        }
        #expect(cloud.tokens.count == 3)
    }

    @Test func `without a session revoke lists what it could end, and ends nothing`() throws {
        _ = try mint("mine")
        let outcome = try machine.run("revoke")
        #expect(outcome.code == 64)
        #expect(outcome.error.contains("session 'mine': token t-1, expires "))
        #expect(outcome.error.contains("hint: set --session, or use the ID of a token"))
        #expect(cloud.tokens.count == 1)
    }

    @Test func `tokens are revoked by id, and a value in its place does not come back`() throws {
        for _ in 0..<2 { _ = try mint("s") }
        // Built here, so that nothing in this file looks like a credential.
        let value = "pul-" + String(repeating: "0123456789", count: 4)
        let wrong = try machine.run("revoke", value)
        #expect(wrong.code == 64 && !(wrong.output + wrong.error).contains(value.dropFirst(4)))
        #expect(try machine.run("revoke", "t-1", "t-2").code == 0)
        #expect(cloud.tokens.isEmpty)
        #expect(try machine.run("revoke", "t-1").error.contains("no token has the ID t-1: it expired, was revoked"))
    }

    @Test func `a revocation that is refused does not speak of the organization's limit for lives`() throws {
        _ = try mint("s")
        cloud.answer("DELETE", with: .reply(403, #"{"code":403,"message":"no"}"#))
        let revoke = try machine.run("revoke", "--session", "s")
        #expect(revoke.code == 77)
        #expect(revoke.error.contains("hint: revoke with the parent credential, or let the token expire"))
        #expect(!revoke.error.contains("limit"))
    }

    // MARK: --lease

    @Test func `a lease goes where it was asked to`() throws {
        let path = disk.file("tmp/folder/lease.json")
        _ = try machine.run("mint", "--export", "none", "--lease", path)
        #expect(disk.contents("tmp/folder/lease.json") != nil && machine.records() == [])
        #expect(try machine.run("revoke", "--lease", path).code == 0)
        #expect(cloud.tokens.isEmpty)
        #expect(disk.contents("tmp/folder/lease.json") == nil)
        #expect(try machine.run("revoke", "--lease", path).code == 0)
    }

    @Test func `a lease is never put in the place of another one that is needed`() throws {
        let path = try disk.write("", to: "tmp/lease.json")
        let mint = { try machine.run("mint", "--export", "none", "--lease", path) }
        #expect(try mint().code == 0)
        let first = try #require(text(of: path))
        let files = machine.files(below: "tmp")
        let second = try mint()
        #expect(second.code == 73)
        #expect(
            second.error.contains("error: cannot use \(path): it already contains a lease record\n"),
            "\(second.error)"
        )
        #expect(second.error.contains("hint: run pulumi-token revoke --lease \(path) first"))
        #expect(text(of: path) == first && machine.files(below: "tmp") == files && cloud.tokens.count == 1)

        try machine.kill(at: path, "supervisor")
        cloud.fail("DELETE")
        #expect(try mint().code == 73)
        #expect(cloud.tokens.count == 1)
        cloud.behave()
        let third = try mint()
        #expect(third.code == 0 && third.error.contains("left over from process"), "\(third.error)")
        #expect(cloud.tokens.count == 1)
        #expect(try machine.run("revoke", "--lease", path).code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `a lease is never put in the place of what is none`() throws {
        let notes = try disk.write("notes", to: "tmp/notes")
        let link = try disk.link("tmp/link", to: notes)
        for (path, message) in [(notes, "the file exists and is not a lease record"), (link, "it is a symbolic link")] {
            let outcome = try machine.run("mint", "--export", "none", "--lease", path)
            #expect(outcome.code == 73 && outcome.error.contains(message), "\(outcome.error)")
        }
        #expect(text(of: notes) == "notes" && cloud.requests == [])
    }

    @Test func `what a killed exec left at a path of the user's is ended by a sweep of that path`() throws {
        let path = disk.file("tmp/lease.json")
        _ = try machine.run("mint", "--export", "none", "--lease", path)
        try machine.kill(at: path, "supervisor")
        #expect(try machine.run("sweep").output == "", "it is in no directory of records")
        let sweep = try machine.run("sweep", "--lease", path)
        #expect(sweep.code == 0 && sweep.output.contains("t-1"))
        #expect(cloud.tokens.isEmpty && disk.contents("tmp/lease.json") == nil)
    }

    // MARK: What is in the way

    @Test func `a mint that cannot be recorded is not made`() throws {
        let file = try disk.write("", to: "file")
        let outcome = try machine.run("mint", "--export", "none", adding: ["XDG_STATE_HOME": file])
        #expect(outcome.code == 73)
        #expect(outcome.error.contains("cannot write the lease"))
        #expect(outcome.error.contains("set --lease to a path that can be written"))
        #expect(cloud.requests == [])
    }

    @Test func `a planted record sends nothing anywhere`() throws {
        _ = try mint("s")
        let path = try #require(machine.records().first)
        // As if somebody wanted the parent credential to be sent to a server of theirs.
        try machine.change(path) { $0.replacing("https://api.pulumi.com", with: "https://theirs.example") }
        let before = cloud.requests.count
        let outcome = try machine.run("revoke", "--session", "s")
        #expect(outcome.code == 1)
        #expect(
            outcome.error.contains("ignored a lease record of 'https://theirs.example', which is not https://api.pu")
        )
        #expect(cloud.requests.count == before)
        #expect(machine.records() == [path])
    }

    @Test func `a damaged, linked or oversized record is reported and left alone`() throws {
        for (name, code, change) in [
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
            let (machine, cloud) = try Machine.withCloud()
            _ = try machine.run("mint", "--export", "none", "--session", "s")
            let path = try #require(machine.records().first)
            try change(path)
            let outcome = try machine.run("revoke", "--session", "s")
            #expect(outcome.error.contains("ignored \(path): \(name)"), "\(outcome.error)")
            #expect(outcome.code == code && !outcome.error.contains("nothing to revoke"))
            // Otherwise it would be old enough to be removed.
            machine.touch("\(folder)/\(FilePath.name(of: path))", age: 0)
            for command in ["sweep", "doctor"] {
                let looked = try machine.run(command)
                #expect((looked.output + looked.error).contains(path), "\(looked)")
            }
            #expect(cloud.tokens.count == 1)
            #expect(machine.disk.names(in: folder).contains { path.hasSuffix("/" + $0) })
        }
    }

    @Test func `doctor names a record that cannot be read, and beside it a process that cannot be judged`() throws {
        for session in ["a", "b"] { _ = try mint(session) }
        let paths = machine.records()
        try write("{", to: paths[0])
        // After a restart of the machine, before the job had the token.
        let record = try #require(text(of: paths[1]))
        let old = record.replacing("\"boot\":\"", with: "\"boot\":\"0").replacing(":true ", with: ":false")
        try write(old, to: paths[1])
        let outcome = try machine.run("doctor")
        let sentence = "with 2 records, of which 1 cannot be read, the first \(paths[0]); for 1, cannot tell from here"
        #expect(outcome.output.contains(sentence), "\(outcome)")
        #expect(outcome.output.contains("run pulumi-token revoke --session"))
    }

    @Test func `a folder of records that others can write is not used`() throws {
        _ = try mint("s")
        chmod(disk.file(folder), 0o777)
        let outcome = try machine.run("revoke", "--session", "s")
        #expect(outcome.code == 66)
        #expect(outcome.error.contains("hint: use the ID of the token"))
        #expect(try mint("s").code == 73)
        #expect(cloud.tokens.count == 1)
    }

    @Test func `copies that cannot be used keep no job from revoking by its own record`() throws {
        let job = try job()
        _ = try machine.run("mint", "--export", "none", adding: job)
        #expect(machine.records(below: "app.tmp").count == 1 && machine.records().count == 1)
        chmod(disk.file(folder), 0o777)
        for _ in 0..<2 {
            let outcome = try machine.run("revoke", adding: job)
            #expect(outcome.code == 0)
            #expect(outcome.error.contains("warning: cannot use the copies of the records: "), "\(outcome.error)")
        }
        #expect(cloud.tokens.isEmpty)
        chmod(disk.file("app.tmp/pulumi-token"), 0o777)
        #expect(try machine.run("revoke", adding: job).code == 66)
    }

    // MARK: What is over

    @Test func `a reused process id does not keep a dead one alive`() throws {
        _ = try mint("dead")
        // The record names a living process, this one, which has another start time.
        try machine.kill()
        _ = try machine.run("sweep")
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `a record of another machine is nobody's business here`() throws {
        _ = try mint("dead")
        try machine.kill()
        let path = try #require(machine.records().first)
        try machine.change(path) { record in
            ["machine", "boot"].reduce(record) { $0.replacing("\"\($1)\":\"", with: "\"\($1)\":\"x") }
        }
        _ = try machine.run("sweep")
        #expect(cloud.tokens.count == 1 && machine.records() == [path])
    }

    @Test func `what nobody can judge is named by sweep and doctor, with the command that ends it`() throws {
        _ = try mint("their job")
        try machine.kill()
        let path = try #require(machine.records().first)
        try machine.change(path) { $0.replacing("\"pid:[", with: "\"pid:[9") }
        for file in machine.files(below: "home") where file.hasSuffix(".alive") { unlink(file) }
        let command = "pulumi-token revoke --session 'their job'"
        let sweep = try machine.run("sweep")
        #expect(sweep.code == 0 && sweep.error.contains("run \(command)\n"), "\(sweep.error)")
        let doctor = try machine.run("doctor")
        #expect(doctor.code == 0 && doctor.output.contains(command), "\(doctor.output)")
        #expect(try machine.run("revoke", "--session", "their job").code == 0)
        #expect(cloud.tokens.isEmpty && machine.records() == [])
    }

    @Test func `a sweep by another account fails for what only the account that minted can revoke`() throws {
        _ = try mint("dead")
        try machine.kill()
        let bob = ["PULUMI_ACCESS_TOKEN": "another-credential"]
        let others = StubTransport.Reply.reply(200, #"{"tokens":[]}"#)
        cloud.answer("GET", with: others)
        let sweep = try machine.run("sweep", "--json", adding: bob)
        #expect(sweep.code == 69)
        #expect(
            sweep.output.contains("\"outcome\":\"failed\",\"error\":\"the credential is not its parent credential\"")
        )
        #expect(sweep.error.contains("warning: 1 of 1 tokens could not be revoked"))
        cloud.answer("GET", with: others)
        let mint = try machine.run("mint", "--export", "none", "--fail-on-revoke-error", adding: bob)
        #expect(mint.code == 69)
        #expect(
            mint.error.contains("might be valid until") && mint.error.contains(": the credential is not its parent")
        )
        #expect(cloud.tokens.count == 1)
        #expect(try machine.run("sweep").code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `a sweep fails when it cannot look for the token of a half-done mint`() throws {
        _ = try mint("dead")
        try machine.kill()
        // The reply was never read: nobody knows the id.
        let path = try #require(machine.records().first)
        try machine.change(path) { record in
            let nonce = record.firstMatch(of: #/pulumi-token:([^:]+):/#).map { String($0.1) } ?? ""
            let entry = #"{"nonce":"\#(nonce)","since":1800000000,"expires":1800003600}"#
            return record.replacing(#""unresolved":[]"#, with: "\"unresolved\":[\(entry)]")
                .replacing(#""tokenID":"t-1","#, with: "")
        }
        cloud.fail("GET")
        let sweep = try machine.run("sweep")
        #expect(sweep.code == 69)
        #expect(sweep.error.contains("not revoked: a token of unknown ID (its reply was lost) might be valid until "))
        #expect(sweep.error.contains("1 of 1 tokens could not be revoked") && !sweep.error.contains("revoked 0"))
        cloud.behave()
        #expect(try machine.run("sweep").code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    // MARK: Who revokes

    @Test func `a 404 from another account does not count as gone`() throws {
        _ = try mint("s")
        cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#))
        let outcome = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": "another-credential"])
        #expect(outcome.code == 77)
        #expect(outcome.error.contains("the credential is not its parent credential"))
        #expect(cloud.tokens.count == 1)
        #expect(try machine.run("revoke", "--session", "s").code == 0)
    }

    @Test func `the minted token may end itself, and where it may not it is said`() throws {
        for mayDelete in [false, true] {
            _ = try mint("s")
            if !mayDelete { cloud.answer("DELETE", with: .reply(403, #"{"code":403}"#)) }
            let own = ["PULUMI_ACCESS_TOKEN": cloud.tokens.last?.value ?? ""]
            #expect(try machine.run("revoke", "--session", "s", adding: own).code == (mayDelete ? 0 : 77))
            #expect(cloud.tokens.isEmpty == mayDelete)
        }
    }

    @Test(arguments: 1...3)
    func `a token that revokes its session ends the others before itself`(own: Int) throws {
        for _ in 0..<3 { _ = try mint("s") }
        let outcome = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": "value-\(own)"])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(cloud.requests.last == "DELETE /api/user/tokens/t-\(own)")
        #expect(cloud.tokens.isEmpty && machine.records() == [])
    }

    @Test func `a token that is told to revoke itself and others comes last`() throws {
        for _ in 0..<2 { _ = try mint("s") }
        let own = ["PULUMI_ACCESS_TOKEN": "value-1", "PULUMI_ACCESS_TOKEN_ID": "t-1"]
        let outcome = try machine.run("revoke", "t-1", "t-2", adding: own)
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(cloud.requests.suffix(2) == ["DELETE /api/user/tokens/t-2", "DELETE /api/user/tokens/t-1"])
    }

    @Test func `a lost reply to the deletion of itself is taken for the end that it is`() throws {
        _ = try mint("s")
        cloud.answer("DELETE", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        cloud.answer("DELETE", with: .reply(401, #"{"code":401}"#))
        let outcome = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": "value-1"])
        #expect(outcome.code == 0)
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `a machine whose clock is days ahead forgets no token that lives`() throws {
        let now = machine.time.clock.unixTime
        let cloud = InMemoryCloud(now: { now() - 200_000 })
        machine.transport = cloud
        _ = try machine.run("mint", "--session", "s")
        let files = machine.files(below: "tmp")
        #expect(!files.isEmpty)
        _ = try mint("t")
        #expect(machine.files(below: "tmp") == files, "another job's files stay")
        for session in ["s", "t"] { #expect(try machine.run("revoke", "--session", session).code == 0) }
        #expect(cloud.tokens.isEmpty)
    }
}
