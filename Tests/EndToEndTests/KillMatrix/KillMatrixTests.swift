import CloudEmulator
import JobBench
import TestBench
import Testing

/// Killed at any instant, no command loses track of a token.
///
/// `scripts/test --exhaustive` tries every system call.
@Suite(.ownThreads(.first), .seesGuardians) struct KillMatrixTests {
    /// A mint on a plain machine, which `revoke` ends.
    private struct MintScene: KillMatrix.Scene {
        let machine: BuildMachine
        var options: [String: String] { ["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "2s"] }

        init(_ kind: KindChoice = .personal) throws {
            machine = try BuildMachine(for: kind)
        }

        func program() -> Program {
            Program(Executable.path, ["mint"], environment: machine.withCredential.merging(options) { $1 })
        }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            try machine.run("revoke", adding: options)
        }
    }

    /// A mint whose session nobody knows, which the next mint of the machine finishes.
    private struct NextMintScene: KillMatrix.Scene {
        let machine: BuildMachine

        init(_ kind: KindChoice = .personal) throws {
            machine = try BuildMachine(for: kind)
        }

        func program() -> Program {
            Program(Executable.path, ["mint", "--timeout", "2s"], environment: machine.withCredential)
        }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            let records = machine.sandbox.files.filter { $0.hasSuffix(".json") && $0.contains("/state/") }
            let options = ["PULUMI_TOKEN_SESSION": "next", "PULUMI_TOKEN_TIMEOUT": "2s"]
            var next = try machine.run("mint", "--export", "none", adding: options)
            // Each look-after may find a lost request too young to be sure of; the runs of a day are later than that.
            for _ in 0..<3 where machine.cloud.liveTokens.count > 1 {
                next = try machine.run("mint", "--export", "none", adding: options)
            }
            _ = try machine.run("revoke", adding: options)
            // Killed after the job had the token: then it is the job's, which ends it by its session.
            for record in records.compactMap({ text(of: $0) }) where record.contains("\"isExported\":true") {
                let session = record.between("\"session\":\"", "\"")
                _ = try machine.run("revoke", adding: ["PULUMI_TOKEN_SESSION": session])
            }
            return next
        }
    }

    /// A mint after which nothing is run, unless the job has the token.
    private struct UnattendedMintScene: KillMatrix.Scene {
        let machine: BuildMachine
        var options: [String: String] { ["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "2s"] }

        init(_ kind: KindChoice = .personal) throws {
            machine = try BuildMachine(for: kind)
        }

        func program() -> Program {
            Program(Executable.path, ["mint"], environment: machine.withCredential.merging(options) { $1 })
        }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            let records = machine.sandbox.files.filter { $0.hasSuffix(".json") && $0.contains("/state/") }
            let isTheJobs = records.compactMap { text(of: $0) }.contains { $0.contains("\"isExported\":true") }
            guard isTheJobs else {
                #expect(machine.cloud.wait { $0.liveTokens == 0 }, "the guardian has left a token")
                return outcome
            }
            #expect(try machine.awaitNoGuardian())
            return try machine.run("revoke", adding: options)
        }
    }

    /// The revocation of a lease, killed and repeated.
    private struct RevokeScene: KillMatrix.Scene {
        let machine: BuildMachine
        var options: [String: String] { ["PULUMI_TOKEN_SESSION": "s"] }

        init(_ kind: KindChoice = .personal) throws {
            machine = try BuildMachine(for: kind)
            _ = try machine.run("mint", "--export", "none", adding: options)
        }

        func program() -> Program {
            Program(Executable.path, ["revoke"], environment: machine.withCredential.merging(options) { $1 })
        }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            try machine.run("revoke", adding: options)
        }
    }

    /// The action's main stage, which post ends.
    private struct ActionScene: KillMatrix.Scene {
        let job: GitHubJob
        var machine: BuildMachine { job.machine }

        init(_ kind: KindChoice = .personal) throws {
            job = try GitHubJob(try BuildMachine())
            job.inputs.merge(kind.inputs) { $1 }
            job.inputs["timeout"] = "2s"
            try job.prepare()
        }

        func program() -> Program { job.program("main") }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            try job.finish(outcome)
            return try job.post()
        }
    }

    /// The same with nothing run, unless the job has the token.
    private struct UnattendedActionScene: KillMatrix.Scene {
        let attended: ActionScene
        var machine: BuildMachine { attended.machine }

        init(_ kind: KindChoice = .personal) throws {
            attended = try ActionScene(kind)
        }

        func program() -> Program { attended.program() }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            let job = attended.job
            try job.finish(outcome)
            guard job.exported["PULUMI_ACCESS_TOKEN"] == nil else {
                // Killed before it let the job go on, the guardian takes the token back; after that, post does.
                #expect(try machine.awaitNoGuardian())
                return try job.post()
            }
            #expect(machine.cloud.wait { $0.liveTokens == 0 }, "the guardian has left a token")
            return outcome
        }
    }

    /// Killed together with the guardian: what remains is the record.
    private func withItsGuardian(_ name: String, _ scene: @escaping () throws -> any KillMatrix.Scene) -> KillMatrix {
        KillMatrix(name: name, signal: "SIGKILL", reach: .guardian, mayEnd: Self.isKilled, scene: scene)
    }

    private static func isKilled(_ status: Int32, _ live: Int) -> Bool { status == 137 }

    @Test func `a mint that is killed at any system call is ended by revoke`() throws {
        try withItsGuardian("mint, then revoke") { try MintScene() }.run(sample: 41)
    }

    @Test(arguments: [false, true])
    func `a mint that is killed at any system call leaves no token although nothing is run afterwards`(
        group: Bool
    ) throws {
        try KillMatrix(
            name: "mint\(group ? " and its group" : ""), then nothing",
            signal: "SIGKILL",
            reach: group ? .group : .alone,
            mayEnd: Self.isKilled
        ) { try UnattendedMintScene() }.run(sample: 29)
    }

    @Test func `a mint of an unknown session that is killed at any system call is ended by the next mint`() throws {
        try withItsGuardian("mint, then mint") { try NextMintScene() }.run(sample: 41)
    }

    @Test func `a revoke that is killed at any system call is finished by the next`() throws {
        try KillMatrix(name: "revoke", signal: "SIGKILL", mayEnd: Self.isKilled) { try RevokeScene() }.run(sample: 17)
    }

    @Test func `a main stage that is killed at any system call is ended by post`() throws {
        try withItsGuardian("action main, then post") { try ActionScene() }.run(sample: 61)
    }

    @Test(arguments: [false, true])
    func `a main stage that is killed at any system call leaves no token with nothing run`(group: Bool) throws {
        try KillMatrix(
            name: "action main\(group ? " and its group" : ""), then nothing",
            signal: "SIGKILL",
            reach: group ? .group : .alone,
            mayEnd: Self.isKilled
        ) { try UnattendedActionScene() }.run(sample: 41)
    }

    @Test func `a terminated mint has undone itself, or has handed over`() throws {
        try KillMatrix(
            name: "mint",
            signal: "SIGTERM",
            mayEnd: { status, live in status == 143 && live == 0 || status == 0 && live == 1 }
        ) { try MintScene() }.run(sample: 41)
    }

    @Test func `a terminated main stage has undone itself, or has handed over`() throws {
        try KillMatrix(
            name: "action main",
            signal: "SIGTERM",
            mayEnd: { status, live in status == 143 && live == 0 || status == 0 && live == 1 }
        ) { try ActionScene() }.run(sample: 37)
    }

    /// One scene of another kind of token.
    struct KindScene: CustomTestStringConvertible {
        var name: String
        var kind: KindChoice
        /// One point of so many is tried in every run: where a kind makes a difference, the others have shown.
        var sample: Int
        var reach: KillMatrix.Reach
        var make: @Sendable (KindChoice) throws -> any KillMatrix.Scene

        var testDescription: String { "\(name), \(kind)" }
    }

    private typealias Making = @Sendable (KindChoice) throws -> any KillMatrix.Scene
    private static let scenes: [(name: String, reach: KillMatrix.Reach, make: Making)] = [
        ("mint", .guardian, { try MintScene($0) }), ("mint, then nothing", .alone, { try UnattendedMintScene($0) }),
        ("mint, then mint", .guardian, { try NextMintScene($0) }), ("revoke", .alone, { try RevokeScene($0) }),
        ("action main", .guardian, { try ActionScene($0) }),
        ("action main, then nothing", .alone, { try UnattendedActionScene($0) }),
    ]

    /// All of them exhaustively; otherwise each scene with one kind, and few points.
    static let kindScenes = scenes.enumerated().flatMap { place, scene in
        KindChoice.others.enumerated().filter { KillMatrix.isExhaustive || $0.offset == place % 2 }.map {
            KindScene(name: scene.name, kind: $0.element, sample: 89, reach: scene.reach, make: scene.make)
        }
    }

    @Test(arguments: kindScenes)
    func `killed at any system call, no token of a team or an organization is lost`(scene: KindScene) throws {
        try KillMatrix(name: scene.testDescription, signal: "SIGKILL", reach: scene.reach, mayEnd: Self.isKilled) {
            try scene.make(scene.kind)
        }.run(sample: scene.sample)
    }
}
