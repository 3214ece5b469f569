import CISystems
import Glibc
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// The order in which things happen is the promise: mask, record, request, mask, record, export, record.
@Suite struct MintingTests {
    private let start = VirtualClock.start

    @Test func `the record comes before the request, and the export after mask and record`() throws {
        let stage = try Stage.onGitHub()
        var seen: [String] = []
        stage.wire.underWay = { request in
            let lease = stage.records.first
            seen.append(
                "\(request.method): \(lease?.unresolved.count ?? -1) open, \(lease?.tokenID?.rawValue ?? "no id"), "
                    + "masked \(["parent-credential", "value-1"].filter { stage.said.contains("::add-mask::" + $0) }), "
                    + "exported \(stage.machine.disk.text("env")?.contains("value-1") ?? false)"
            )
        }
        let minted = try stage.mint(stage.request { $0.verifies = true }, as: [.github])
        #expect(
            seen == [
                #"POST: 1 open, no id, masked ["parent-credential"], exported false"#,
                #"GET: 0 open, t-1, masked ["parent-credential", "value-1"], exported false"#,
            ]
        )
        #expect(minted.id?.rawValue == "t-1" && minted.expires == start + 600)
        #expect(stage.machine.disk.text("env")?.contains("value-1") == true)
        #expect(stage.records.map(\.isExported) == [true])
    }

    @Test func `the nonce of the request is the one on record`() throws {
        let stage = try Stage()
        var intent: [Lease.Unresolved] = []
        stage.wire.underWay = { _ in intent = stage.records.flatMap(\.unresolved) }
        try stage.mint()
        #expect(Description(parsing: stage.cloud.tokens[0].description)?.nonce == intent.first?.nonce)
        #expect(intent.map(\.expires) == [start + 600])
        #expect(stage.cloud.requests.count == 1)
    }

    @Test func `a lost reply is looked for by its nonce before another attempt with a fresh one`() throws {
        let stage = try Stage()
        stage.cloud.answer("POST", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        var nonces: Set<Nonce> = []
        stage.wire.underWay = { _ in nonces.formUnion(stage.records.flatMap(\.unresolved).map(\.nonce)) }
        #expect(try stage.mint().id?.rawValue == "t-2")
        #expect(stage.cloud.tokens.map(\.id) == ["t-2"])
        #expect(stage.methods == ["POST", "GET", "DELETE", "POST"])
        #expect(nonces.count == 2)
    }

    @Test func `a nonce that the list does not show stays on record`() throws {
        let stage = try Stage()
        stage.cloud.answer("POST", with: .lost(.timeout, arrived: true, "no reply"))
        try stage.mint()
        let last = try #require(stage.records.first)
        #expect(last.isExported && last.tokenID?.rawValue == "t-1" && last.unresolved.count == 1)
    }

    @Test func `a definite refusal empties the record`() throws {
        let stage = try Stage()
        stage.cloud.answer("POST", with: .reply(400, #"{"code":400,"message":"no"}"#))
        var recorded = 0
        stage.wire.underWay = { _ in recorded = stage.records.count }
        let error = try #require(stage.failure())
        #expect(error.refusal == 400 && error.leftovers == [] && error.explanation.exitCode == .failed)
        #expect(recorded == 1 && stage.records == [])
        #expect(stage.machine.files(below: "home").allSatisfy { $0.hasSuffix("/.lock") })
    }

    @Test func `an export that fails is undone`() throws {
        let stage = try Stage()
        stage.context.standardOutput = StandardStream(descriptor: -1, name: "standard output")
        var deleted: [String] = []
        stage.wire.underWay = { request in
            guard request.method == "DELETE" else { return }
            deleted = stage.records.map { "\($0.tokenID?.rawValue ?? "none") \($0.isExported)" }
        }
        #expect(stage.failure()?.explanation.exitCode == .cannotWrite)
        // The token was on record when it was to be exported.
        #expect(deleted == ["t-1 false"])
        #expect(stage.cloud.tokens.isEmpty && stage.records == [])
    }

    @Test func `a mask that fails revokes a token that is on record`() throws {
        let stage = try Stage.onGitHub()
        var deleted: [String] = []
        stage.wire.underWay = { request in
            if request.method == "POST" { stage.keepErrors() }
            if request.method == "DELETE" { deleted = stage.records.compactMap(\.tokenID?.rawValue) }
        }
        #expect(stage.failure(as: [.github]) != nil)
        #expect(deleted == ["t-1"])
        #expect(stage.cloud.tokens.isEmpty && stage.records == [])
        #expect(stage.machine.disk.text("env") == "")
    }

    @Test(arguments: [1, 2, 3])
    func `a record that cannot be written undoes what was begun`(failing: Int) throws {
        let stage = try Stage()
        let directory = "home/.local/state/pulumi-token"
        let disk = stage.machine.disk
        let block = {
            rename(disk.file(directory), disk.file("moved"))
            try disk.write("", to: directory)
        }
        // The request, or the look at what was granted, before which the place becomes a file.
        let method = [2: "POST", 3: "GET"][failing]
        if failing == 1 { try disk.write("", to: "home/.local") }
        stage.wire.underWay = { request in
            if request.method == method { do { try block() } catch { Issue.record(error) } }
        }
        let error = stage.failure(stage.request { $0.verifies = true })
        #expect(error?.explanation.exitCode == .cannotWrite)
        #expect(error?.explanation.message.hasPrefix("cannot write the lease record ") == true)
        #expect(error?.explanation.message.hasSuffix(": not a directory") == true)
        #expect(stage.cloud.tokens.isEmpty)
        #expect(stage.methods.count { $0 == "POST" } == (failing == 1 ? 0 : 1))
        // What was printed before cannot be taken back; it is revoked.
        #expect(stage.printed == (failing == 3 ? "value-1\n" : ""))
    }

    @Test func `an export is not begun after a signal`() throws {
        let stage = try Stage()
        stage.wire.underWay = { request in if request.method == "POST" { stage.time.raise(15) } }
        #expect(stage.failure()?.explanation == .interrupted(by: 15))
        #expect(stage.cloud.tokens.isEmpty && stage.printed == "")
    }

    // MARK: Verification

    @Test(
        arguments: [
            (0, "Pulumi Cloud minted a token that never expires"),
            (VirtualClock.start + 86400, "Pulumi Cloud minted a token that expires 2027-01-16T08:00:00Z instead of"),
        ] as [(Int64, String)]
    )
    func `verify revokes a token that outlives what was asked for`(expires: Int64, message: String) throws {
        let stage = try Stage()
        stage.cloud.answer(
            "GET",
            with: .reply(200, #"{"tokens":[{"id":"t-1","description":"","expires":\#(expires)}]}"#)
        )
        let error = stage.failure(stage.request { $0.verifies = true })
        #expect(error?.explanation.message.hasPrefix(message) == true)
        #expect(error?.explanation.exitCode == .failed)
        #expect(stage.cloud.tokens.isEmpty && stage.printed == "")
    }

    @Test func `verify goes on with the expiry that was granted`() throws {
        let stage = try Stage()
        let granted = start + 200
        stage.cloud.answer(
            "GET",
            with: .reply(200, #"{"tokens":[{"id":"t-1","description":"","expires":\#(granted)}]}"#)
        )
        let minted = try stage.mint(stage.request { $0.verifies = true }, as: [.json])
        #expect(minted.expires == granted && minted.lifetime == 200)
        #expect(stage.printed.contains(#""expires":\#(granted)"#))
        #expect(stage.records.first?.token?.expires == granted)
    }

    @Test func `verify misses a token that is not in the list`() throws {
        let stage = try Stage()
        for _ in 0..<8 { stage.cloud.answer("GET", with: .reply(200, #"{"tokens":[]}"#)) }
        let error = stage.failure(stage.request { $0.verifies = true })
        #expect(error?.explanation.message == "the new token is not in the list of tokens")
        #expect(stage.cloud.tokens.isEmpty)
    }

    // MARK: Clock

    @Test(arguments: [-90_000, -61, 61, 90_000] as [Int64])
    func `a clock that is off by more than a minute is replaced by the server's`(offset: Int64) throws {
        let stage = try Stage(offset: offset)
        let minted = try stage.mint()
        #expect(stage.cloud.tokens.map(\.expires) == [start + offset + 600])
        #expect(minted.expires == start + offset + 600)
        #expect(stage.said.contains(offset < 0 ? "ahead of" : "behind"))
        #expect(stage.records.first?.clockOffset == offset)
    }

    @Test func `a clock that is off by a minute is good enough`() throws {
        let stage = try Stage(offset: 60)
        #expect(try stage.mint().expires == start + 600)
        #expect(!stage.said.contains("clock"))
    }

    @Test func `an absolute expiry is not moved by a clock`() throws {
        let stage = try Stage(offset: 90_000)
        let until = start + 100_000
        #expect(try stage.mint(stage.request { $0.lifetime = .until(until) }).expires == until)
        #expect(stage.cloud.requests.count == 1)
    }
}
