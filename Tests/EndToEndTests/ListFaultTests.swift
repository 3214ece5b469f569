import CloudEmulator
import JobBench
import TestBench
import Testing

/// Every fault at the requests of `list` and `sweep`.
@Suite(.ownThreads(.first), .seesGuardians) struct ListFaultTests {
    private static func get(_ change: (inout Misbehaviour) -> Void) -> Misbehaviour {
        Misbehaviour(method: "GET", change)
    }

    private static let transient: [(String, Misbehaviour)] = [
        ("reset", .reset(.beforeActing, method: "GET")),
        ("close", .close(.afterActing, method: "GET")),
        ("silence", .hold(acting: true, method: "GET")),
        ("cut JSON", get { $0.cutBodyAfter = 10 }),
        ("garbage", get { $0.raw = "what?\r\n\r\n" }),
        ("408", .status(408, method: "GET")),
        ("429", .status(429, headers: ["Retry-After": "1"], method: "GET")),
        ("500", .status(500, method: "GET")),
        ("503", .status(503, method: "GET")),
    ]

    private static let final: [(String, Misbehaviour, Int32, String)] = [
        ("400", .status(400, method: "GET"), 1, "refused the request"),
        ("401", .status(401, method: "GET"), 77, "rejected the credential"),
        ("403", .status(403, method: "GET"), 77, "does not allow this"),
        (
            "404", .status(404, body: "404 page not found", method: "GET"), 69,
            "this server does not look like the Pulumi Cloud API"
        ),
        ("302", get { $0.redirect = "http://127.0.0.1:9/" }, 69, "status 302"),
        ("HTML", .htmlPage(acting: true, method: "GET"), 69, "sent an unreadable reply"),
        ("wrong types", .members(["tokens": .string("none")], method: "GET"), 69, "sent an unreadable reply"),
        ("no tokens", .members(["tokens": nil], method: "GET"), 69, "sent an unreadable reply"),
        ("2 GiB", get { $0.endlessBytes = 2 << 30 }, 69, "exceeds the limit of"),
    ]

    /// The deletions of a sweep: what `revoke` does one by one, several do here, and a list confirms them together.
    private static let deletions: [FaultCase] = [
        FaultCase("reset", .reset(.beforeActing, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked 1 token"),
        FaultCase("reset after", .reset(.afterActing, method: "DELETE"), gives: 0, "GDDG", live: 0, says: "revoked"),
        FaultCase("silence", .hold(acting: true, method: "DELETE"), gives: 0, "GDDG", live: 0, says: "revoked"),
        FaultCase(
            "429",
            .status(429, headers: ["Retry-After": "1"], method: "DELETE"),
            gives: 0,
            "GDD",
            live: 0,
            says: "revoked 1 token"
        ),
        FaultCase("503", .status(503, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked 1 token"),
        FaultCase("401", .status(401, method: "DELETE"), gives: 69, "GD", live: 1, says: "1 of 1 tokens could not"),
        FaultCase("403", .status(403, method: "DELETE"), gives: 69, "GD", live: 1, says: "1 of 1 tokens could not"),
        FaultCase(
            "HTML",
            .htmlPage(acting: false, method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "1 of 1 tokens could not"
        ),
        FaultCase(
            "404 though it lives",
            .status(404, body: #"{"code":404}"#, method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "1 of 1 tokens could not"
        ),
        FaultCase(
            "503 for ever",
            .status(503, method: "DELETE", times: 0),
            within: 8,
            gives: 69,
            nil,
            live: 1,
            says: "1 of 1 tokens could not"
        ),
    ]

    private func prepare(_ machine: BuildMachine) throws {
        _ = try machine.run("mint", "--export", "none", "--session", "s")
    }

    @Test func `list repeats what may pass and explains the rest`() throws {
        let cases =
            Self.transient.map { FaultCase($0.0, $0.1, gives: 0, "GG", live: 1, says: "using the credential") }
            + Self.final.map { FaultCase($0.0, $0.1, gives: $0.2, "G", live: 1, says: $0.3) }
        try FaultMatrix(command: ["list"], prepare: prepare).check(cases)
    }

    @Test func `sweep repeats what may pass and explains the rest`() throws {
        let cases =
            Self.transient.map { FaultCase($0.0, $0.1, gives: 0, "GGD", live: 0, says: "revoked 1 token") }
            + Self.final.map { FaultCase($0.0, $0.1, gives: $0.2, "G", live: 1, says: $0.3) }
            + Self.deletions
        let sweep = ["sweep", "--run"]
        try FaultMatrix(command: sweep, cleanUp: sweep, prepare: prepareElsewhere).check(cases)
    }

    @Test(arguments: KindChoice.others)
    func `lists and sweeps of other kinds repeat what may pass and explain the rest`(kind: KindChoice) throws {
        let lists =
            Self.transient.map { FaultCase($0.0, $0.1, gives: 0, "GG", live: 1, says: "using the credential") }
            + Self.final.map { FaultCase($0.0, $0.1, gives: $0.2, "G", live: 1, says: $0.3) }
        let sample: Set = ["reset", "429", "cut JSON", "403", "HTML"]
        try FaultMatrix(command: ["list"], kind: kind, prepare: prepare)
            .check(lists.of(kind, sample: sample, [:]))
        let sweeps =
            Self.transient.map { FaultCase($0.0, $0.1, gives: 0, "GGD", live: 0, says: "revoked 1 token") }
            + Self.final.map { FaultCase($0.0, $0.1, gives: $0.2, "G", live: 1, says: $0.3) }
        let sweep = ["sweep", "--run"]
        let matrix = FaultMatrix(command: sweep, kind: kind, cleanUp: sweep, prepare: prepareElsewhere)
        try matrix.check(sweeps.of(kind, sample: sample, [:]))
        try matrix.check(Self.deletions.of(kind, sample: ["reset after", "403", "404 though it lives"], [:]))
    }

    /// A token of the same session, minted on a machine whose records are not here.
    private func prepareElsewhere(_ machine: BuildMachine) throws {
        try machine.sandbox.makeFolder("elsewhere")
        let elsewhere = ["HOME": machine.sandbox.file("elsewhere")]
        _ = try machine.run("mint", "--export", "none", "--session", "s", adding: elsewhere)
    }

    @Test func `sweep gets through where a server takes only one connection`() throws {
        let machine = try BuildMachine { $0.mostConnections = 1 }
        machine.cloud.plant(Seed(count: 300, description: "job [pulumi-token:{nonce}:0123456789abcdef]", age: 86_400))
        let sweep = try machine.run("sweep", "--older-than", "1h")
        #expect(sweep.status == 0)
        #expect(sweep.log.contains("revoked 300 tokens"))
        #expect(machine.cloud.liveTokens.count == 0)
        #expect(machine.cloud.report.connectionsTurnedAway > 0)
    }
}
