import CloudEmulator
import JobBench
import TestBench
import Testing

/// Every fault at the requests of `revoke`: the deletion, and the list that confirms a doubtful one.
@Suite(.ownThreads(.first), .seesGuardians) struct RevokeFaultTests {
    private static func delete(_ change: (inout Misbehaviour) -> Void) -> Misbehaviour {
        Misbehaviour(method: "DELETE", change)
    }

    static let cases: [FaultCase] = [
        FaultCase("none", gives: 0, "GD", live: 0, says: "revoked"),
        FaultCase(
            "reset before acting",
            .reset(.beforeActing, method: "DELETE"),
            gives: 0,
            "GDD",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "reset after acting",
            .reset(.afterActing, method: "DELETE"),
            gives: 0,
            "GDDG",
            live: 0,
            says: "had expired or was revoked already"
        ),
        FaultCase(
            "close before acting",
            .close(.beforeActing, method: "DELETE"),
            gives: 0,
            "GDD",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "silence before acting",
            .hold(acting: false, method: "DELETE"),
            gives: 0,
            "GDD",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "silence after acting",
            .hold(acting: true, method: "DELETE"),
            gives: 0,
            "GDDG",
            live: 0,
            says: "had expired or was revoked already"
        ),
        FaultCase("slow drip", delete { $0.dripMs = 200 }, gives: 0, "GDDG", live: 0, says: "revoked already"),
        FaultCase("cut head", delete { $0.cutAfter = 10 }, gives: 0, "GDDG", live: 0, says: "revoked already"),
        FaultCase("garbage", delete { $0.raw = "what?\r\n\r\n" }, gives: 0, "GDDG", live: 0, says: "revoked already"),
        FaultCase("400", .status(400, method: "DELETE"), gives: 69, "GD", live: 1, says: "not revoked"),
        FaultCase("401", .status(401, method: "DELETE"), gives: 77, "GD", live: 1, says: "rejected the credential"),
        FaultCase("403", .status(403, method: "DELETE"), gives: 77, "GD", live: 1, says: "does not allow this"),
        FaultCase("408", .status(408, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked"),
        FaultCase("409", .status(409, method: "DELETE"), gives: 69, "GD", live: 1, says: "not revoked"),
        FaultCase("425", .status(425, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked"),
        FaultCase("429", .status(429, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked"),
        FaultCase(
            "429 in seconds",
            .status(429, headers: ["Retry-After": "1"], method: "DELETE"),
            gives: 0,
            "GDD",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "429 beyond the deadline",
            .status(429, headers: ["Retry-After": "900"], method: "DELETE"),
            gives: 69,
            "GD",
            live: 1,
            says: "asks to wait 15 minutes"
        ),
        FaultCase("500", .status(500, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked"),
        FaultCase(
            "502",
            .status(502, acting: true, method: "DELETE"),
            gives: 0,
            "GDDG",
            live: 0,
            says: "revoked already"
        ),
        FaultCase("503", .status(503, method: "DELETE"), gives: 0, "GDD", live: 0, says: "revoked"),
        FaultCase(
            "504",
            .status(504, acting: true, method: "DELETE"),
            gives: 0,
            "GDDG",
            live: 0,
            says: "revoked already"
        ),
        FaultCase(
            "302 to another host",
            delete { $0.redirect = "http://127.0.0.1:9/" },
            gives: 69,
            "GD",
            live: 1,
            says: "status 302"
        ),
        FaultCase(
            "HTML before acting",
            .htmlPage(acting: false, method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "it is not what the API answers"
        ),
        FaultCase(
            "HTML after acting",
            .htmlPage(acting: true, method: "DELETE"),
            gives: 0,
            "GDG",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "a portal's text before acting",
            .status(200, headers: ["Content-Type": "text/plain"], body: "signed in", method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "it is not what the API answers"
        ),
        FaultCase(
            "202 before acting",
            .status(202, body: "{}", method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "it is not what the API answers"
        ),
        FaultCase(
            "202 after acting",
            .status(202, body: "{}", acting: true, method: "DELETE"),
            gives: 0,
            "GDG",
            live: 0,
            says: "revoked"
        ),
        FaultCase(
            "404 of the API though it lives",
            .status(404, body: #"{"code":404,"message":"token not found"}"#, method: "DELETE"),
            gives: 69,
            "GDG",
            live: 1,
            says: "not revoked"
        ),
        FaultCase(
            "plain-text 404",
            .status(404, headers: ["Content-Type": "text/plain"], body: "404 page", method: "DELETE"),
            gives: 69,
            "GD",
            live: 1,
            says: "this server does not look like the Pulumi Cloud API"
        ),
        FaultCase(
            "gone, and no list",
            .status(404, body: #"{"code":404}"#, acting: true, method: "DELETE"),
            .status(403, method: "GET", times: 0),
            gives: 77,
            "G",
            live: 1,
            says: "not revoked"
        ),
        FaultCase(
            "gone, and a cut list",
            .status(404, body: #"{"code":404}"#, acting: true, method: "DELETE"),
            Misbehaviour(method: "GET") { $0.cutBodyAfter = 5 },
            gives: 0,
            "GGDG",
            live: 0,
            says: "revoked already"
        ),
        FaultCase(
            "gone, and a list of 2 GiB",
            .status(404, body: #"{"code":404}"#, acting: true, method: "DELETE"),
            Misbehaviour(method: "GET") { $0.endlessBytes = 2 << 30 },
            gives: 69,
            "G",
            live: 1,
            says: "exceeds the limit of"
        ),
        FaultCase(
            "refused",
            Misbehaviour(times: 0) { $0.connection = .close },
            within: 8,
            gives: 69,
            nil,
            live: 1,
            says: "might be valid until"
        ),
        FaultCase(
            "503 for ever",
            .status(503, times: 0),
            within: 8,
            gives: 69,
            nil,
            live: 1,
            says: "might be valid until"
        ),
    ]

    @Test func `a token is only forgotten when its end is certain`() throws {
        let matrix = FaultMatrix(command: ["revoke"]) { machine in
            let mint = try machine.run("mint", "--export", "none", "--session", "s")
            #expect(mint.status == 0)
        }
        try matrix.check(Self.cases)
    }

    private static let sample: Set = [
        "none", "reset after acting", "silence before acting", "401", "403", "429", "502", "HTML before acting",
        "HTML after acting", "404 of the API though it lives", "gone, and no list", "503 for ever",
    ]

    @Test(arguments: KindChoice.others)
    func `a token of a team or an organization is only forgotten when its end is certain`(kind: KindChoice) throws {
        let cases = Self.cases.of(kind, sample: Self.sample, [:])
        let matrix = FaultMatrix(command: ["revoke"], kind: kind) { machine in
            let mint = try machine.run("mint", "--export", "none", "--session", "s")
            #expect(mint.status == 0)
        }
        try matrix.check(cases)
    }

    @Test func `a parent that was rejected is told apart from a cloud that is not there`() throws {
        let machine = try BuildMachine()
        _ = try machine.run("mint", "--export", "none", "--session", "s")
        let id = try #require(machine.cloud.liveTokens.first?.id)
        let revoke = try machine.run("revoke", "--session", "s", adding: ["PULUMI_ACCESS_TOKEN": "pul-" + "unknown"])
        #expect(revoke.status == 77)
        #expect(revoke.error.contains("not revoked: token \(id) might be valid until 20"))
    }
}
