import CloudEmulator
import JobBench
import TestBench
import Testing

/// Every fault of the network and of the server, at the request that mints.
@Suite(.ownThreads(.first), .seesGuardians) struct MintFaultTests {
    private static let token = "/api/user/tokens"
    private static let otherHost = "http://127.0.0.1:9/elsewhere"

    static let cases: [FaultCase] = [
        FaultCase("none", gives: 0, "P", live: 1, says: "minted"),
        FaultCase(
            "reset before acting",
            .reset(.beforeActing, method: "POST"),
            gives: 0,
            "PGP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "reset after acting",
            .reset(.afterActing, method: "POST"),
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "close before acting",
            .close(.beforeActing, method: "POST"),
            gives: 0,
            "PGP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "close after acting",
            .close(.afterActing, method: "POST"),
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "silence before acting",
            .hold(acting: false, method: "POST"),
            gives: 0,
            "PGP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "silence after acting",
            .hold(acting: true, method: "POST"),
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "slow drip",
            Misbehaviour(method: "POST") { $0.dripMs = 100 },
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "400",
            .refusal(400, method: "POST"),
            gives: 1,
            "P",
            live: 0,
            says: "refused the request: status 400"
        ),
        FaultCase("401", .refusal(401, method: "POST"), gives: 77, "PG", live: 0, says: "rejected the credential"),
        FaultCase("403", .refusal(403, method: "POST"), gives: 77, "PG", live: 0, says: "does not allow this"),
        FaultCase(
            "404",
            .refusal(404, method: "POST"),
            gives: 1,
            "P",
            live: 0,
            says: "did not find the requested object"
        ),
        FaultCase("408", .status(408, method: "POST"), gives: 0, "PGP", live: 1, says: "minted"),
        FaultCase(
            "409",
            .refusal(409, method: "POST"),
            gives: 1,
            "P",
            live: 0,
            says: "refused the request: status 409"
        ),
        FaultCase("425", .refusal(425, method: "POST"), gives: 0, "PP", live: 1, says: "minted"),
        FaultCase("429", .refusal(429, method: "POST"), gives: 0, "PP", live: 1, says: "minted"),
        FaultCase(
            "429 in seconds",
            .refusal(429, headers: ["Retry-After": "1"], method: "POST"),
            gives: 0,
            "PP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "429 beyond the deadline",
            .refusal(429, headers: ["Retry-After": "900"], method: "POST"),
            gives: 69,
            "P",
            live: 0,
            says: "asks to wait 15 minutes"
        ),
        FaultCase(
            "429 until a date",
            .refusal(429, headers: ["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"], method: "POST"),
            gives: 0,
            "PP",
            live: 1,
            says: "minted"
        ),
        FaultCase("500 before acting", .status(500, method: "POST"), gives: 0, "PGP", live: 1, says: "minted"),
        FaultCase(
            "500 after acting",
            .status(500, acting: true, method: "POST"),
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase("502", .status(502, acting: true, method: "POST"), gives: 0, "PGDP", live: 1, says: "minted"),
        FaultCase("503", .status(503, method: "POST"), gives: 0, "PGP", live: 1, says: "minted"),
        FaultCase("504", .status(504, acting: true, method: "POST"), gives: 0, "PGDP", live: 1, says: "minted"),
        FaultCase(
            "302 to another host",
            Misbehaviour(method: "POST") { $0.redirect = otherHost },
            gives: 69,
            "PGG",
            live: 0,
            says: "this server does not look like the Pulumi Cloud API: status 302"
        ),
        FaultCase(
            "303 of a filter that ate the reply",
            filter(303),
            gives: 69,
            "PGD",
            live: 0,
            says: "this server does not look like the Pulumi Cloud API: status 303"
        ),
        FaultCase("400 of a filter", filter(400), gives: 1, "PGD", live: 0, says: "refused the request: status 400"),
        FaultCase("403 of a filter", filter(403), gives: 77, "PGDG", live: 0, says: "does not allow this"),
        FaultCase(
            "404 of a filter",
            filter(404),
            gives: 69,
            "PGD",
            live: 0,
            says: "this server does not look like the Pulumi Cloud API"
        ),
        FaultCase("451 of a filter", filter(451), gives: 1, "PGD", live: 0, says: "refused the request: status 451"),
        FaultCase("429 of a filter", filter(429), gives: 0, "PGDP", live: 1, says: "minted"),
        FaultCase(
            "403 of a filter that let nothing through",
            .status(403, body: "<html>blocked</html>", method: "POST"),
            gives: 77,
            "PGGG",
            live: 0,
            says: "does not allow this"
        ),
        FaultCase(
            "HTML before acting",
            .htmlPage(acting: false, method: "POST", times: 0),
            gives: 69,
            "PGPGPGG",
            live: 0,
            says: "sent an unreadable reply"
        ),
        FaultCase(
            "HTML after acting",
            .htmlPage(acting: true, method: "POST", times: 0),
            gives: 69,
            "PGDPGDPGD",
            live: 0,
            says: "sent an unreadable reply"
        ),
        FaultCase(
            "cut JSON",
            Misbehaviour(method: "POST") { $0.cutBodyAfter = 20 },
            gives: 0,
            "PGDP",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "wrong types",
            .members(["id": .integer(7)], method: "POST", times: 0),
            gives: 69,
            "PGDPGDPGD",
            live: 0,
            says: "it has no usable id"
        ),
        FaultCase(
            "no id",
            .members(["id": nil], method: "POST", times: 0),
            gives: 69,
            "PGDPGDPGD",
            live: 0,
            says: "it has no usable id"
        ),
        FaultCase(
            "empty value",
            .members(["tokenValue": .string("")], method: "POST", times: 0),
            gives: 69,
            "PDPDPD",
            live: 0,
            says: "it has no usable tokenValue"
        ),
        FaultCase(
            "empty value, and a deletion that is refused once",
            .members(["tokenValue": .string("")], method: "POST", times: 0),
            .status(403, method: "DELETE"),
            gives: 69,
            "PDD",
            live: 0,
            says: "it has no usable tokenValue"
        ),
        FaultCase(
            "empty value, and a deletion that is refused",
            .members(["tokenValue": .string("")], method: "POST", times: 0),
            .status(403, method: "DELETE", times: 0),
            gives: 69,
            "PDD",
            live: 1,
            says: "might be valid until 20"
        ),
        FaultCase(
            "2 GiB",
            Misbehaviour(method: "POST") { $0.endlessBytes = 2 << 30 },
            gives: 69,
            "PGD",
            live: 0,
            says: "exceeds the limit of"
        ),
        FaultCase(
            "no Date",
            Misbehaviour(method: "POST") { $0.withoutHeaders = ["Date"] },
            gives: 0,
            "P",
            live: 1,
            says: "minted"
        ),
        FaultCase("late commit", .lateCommit(), gives: 0, "PGP", live: 2, says: "minted"),
        FaultCase(
            "name look-up",
            at: "https://\(unknownHost)",
            within: 8,
            gives: 69,
            "",
            live: 0,
            says: "cannot look up the name \(unknownHost)"
        ),
        FaultCase(
            "refused",
            at: "https://localhost:9",
            within: 8,
            gives: 69,
            "",
            live: 0,
            says: "cannot connect to localhost:9"
        ),
        FaultCase(
            "reset instead of a handshake",
            Misbehaviour { $0.connection = .reset },
            gives: 0,
            "P",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "silence instead of a handshake",
            Misbehaviour { $0.connection = .hang },
            gives: 0,
            "P",
            live: 1,
            says: "minted"
        ),
        FaultCase(
            "503 for ever",
            .status(503, times: 0),
            within: 8,
            gives: 69,
            nil,
            live: 0,
            says: "might be valid until"
        ),
    ]

    /// What stands in front of the API lets the request through, and answers for itself.
    private static func filter(_ status: Int) -> Misbehaviour {
        .status(
            status,
            headers: ["Content-Type": "text/html"],
            body: "<html>blocked</html>",
            acting: true,
            method: "POST"
        )
    }

    @Test func `no fault leaves a token that nobody knows of`() throws {
        try FaultMatrix(command: ["mint", "--export", "json"]).check(Self.cases)
    }

    /// Each way to lose a token, and each refusal that these kinds know and users do not.
    private static let sample: Set = [
        "none", "reset after acting", "silence before acting", "403", "404", "409", "429", "500 after acting",
        "HTML after acting", "no id", "empty value, and a deletion that is refused", "late commit", "503 for ever",
    ]

    @Test(arguments: KindChoice.others)
    func `no fault leaves a token of a team or an organization that nobody knows of`(kind: KindChoice) throws {
        let right = kind.right(to: "create")
        let cases = Self.cases.of(
            kind,
            sample: Self.sample,
            [
                // Refusals that an organization's rules could explain ask for these, and not for the user.
                "400": { $0.requests = "PG" },
                "401": { $0.requests = "P" },
                "403 of a filter": { $0.requests = "PGD" },
                "403 of a filter that let nothing through": { $0.requests = "PGG" },
                "403": { $0.says = "lacks the right \(right)" },
                "404": { ($0.status, $0.requests, $0.says) = (77, "PG", "credential can") },
                // The name was taken by the same request, sent twice on its way, so another nonce is taken.
                "409": { ($0.status, $0.requests, $0.live, $0.says) = (0, "PGP", 1, "minted") },
                "late commit": {
                    $0.faults = [.lateCommit(path: kind.path, after: .init(method: "GET", path: kind.path))]
                },
            ]
        )
        try FaultMatrix(command: ["mint", "--export", "json"], kind: kind).check(cases)
    }
}
