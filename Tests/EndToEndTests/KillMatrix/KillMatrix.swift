import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Sends a signal to a command at every one of its system calls, each time on a machine of its own.
struct KillMatrix {
    /// What a command works with, and how to end what it left.
    protocol Scene {
        var machine: BuildMachine { get }
        /// The command, ready to run.
        func program() -> Program
        /// What the next stage does; its outcome.
        func cleanUp(after outcome: Outcome) throws -> Outcome
    }

    /// Many at a time, because most of them wait.
    private static let width = 24

    static let isExhaustive = getenv("PULUMI_TOKEN_TESTS_EXHAUSTIVE") != nil

    let name: String
    let signal: String
    /// What is killed a moment after the command.
    enum Reach {
        case alone
        /// All that it has started in its group, as many runners do.
        case group
        /// Its guardian, which lies in no group of its own: only the record knows of the token then.
        case guardian
    }

    var reach = Reach.alone
    /// Whether an exit code is one that this signal may lead to.
    let mayEnd: (_ status: Int32, _ live: Int) -> Bool
    /// Whether what it leaves may stay connected.
    var staysConnected = false
    let scene: () throws -> any Scene

    /// - Parameter sample: without `--exhaustive`, one point of so many is tried.
    func run(sample: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let all = try commonPoints()
        let points = Self.isExhaustive ? all : all.enumerated().filter { $0.offset % sample == 0 }.map(\.element)
        var missed: [SystemCallPoint] = []
        var ended = 0
        for start in stride(from: 0, to: points.count, by: Self.width) {
            let batch = try runBatch(points[start..<min(start + Self.width, points.count)], sourceLocation)
            missed += batch.missed
            ended += batch.ended
        }
        // In a small sample, one that the guardian shares is a tenth already.
        #expect(missed.count * 10 <= max(10, points.count), "missed \(missed)", sourceLocation: sourceLocation)
        // One that comes late makes no difference; others do.
        #expect(ended * 4 > points.count, "\(signal) ended \(ended) of \(points.count)", sourceLocation: sourceLocation)
        print("kill matrix: \(name), \(signal): \(points.count - missed.count) of \(all.count) points tried")
    }

    /// What every run passes: how often a process polls is a matter of timing.
    private func commonPoints() throws -> [SystemCallPoint] {
        try SystemCallPoint.common(toRuns: Self.isExhaustive ? 5 : 3) {
            let dry = try scene()
            let outcome = try SystemCallPoint.trace(dry.program(), into: trace(dry))
            // What its next stage ends would stay otherwise.
            _ = try dry.cleanUp(after: outcome)
            return SystemCallPoint.all(inTrace: trace(dry))
        }
    }

    /// Returns the points that no run came to, as their traces say, and how many others the signal ended.
    private func runBatch(
        _ points: ArraySlice<SystemCallPoint>,
        _ sourceLocation: SourceLocation
    ) throws -> (missed: [SystemCallPoint], ended: Int) {
        let runs = try points.map { point in
            let scene = try scene()
            return (point, scene, try injected(point, into: scene).start())
        }
        var missed: [SystemCallPoint] = []
        var ended = 0
        for (point, scene, running) in runs {
            var (scene, outcome) = (scene, try end(of: running, on: scene.machine))
            for _ in 0..<10 where isMissed(point, scene, outcome) {
                scene = try self.scene()
                outcome = try end(of: injected(point, into: scene).start(), on: scene.machine)
            }
            if isMissed(point, scene, outcome) || hasKilledBoth(scene, outcome) {
                missed.append(point)
            } else {
                ended += outcome.status == 0 ? 0 : 1
                try check(point, scene, outcome, sourceLocation)
            }
        }
        return (missed, ended)
    }

    private func injected(_ point: SystemCallPoint, into scene: any Scene) -> Program {
        var program = scene.program()
        program.hasOwnGroup = reach == .group
        return point.injecting(signal, into: program, tracedTo: trace(scene))
    }

    private func end(of running: RunningProgram, on machine: BuildMachine) throws -> Outcome {
        guard reach != .alone else { return try running.wait() }
        let isKilled = try running.waitForExit().status == 137
        switch reach {
        case .group: running.signalGroup(SIGKILL)
        case .guardian where isKilled: try machine.endGuardians()
        case .guardian, .alone: break
        }
        return try running.wait()
    }

    /// Whether a run ended without having come to a point.
    private func isMissed(_ point: SystemCallPoint, _ scene: any Scene, _ outcome: Outcome) -> Bool {
        outcome.status == 0 && !SystemCallPoint.all(inTrace: trace(scene)).contains(point)
    }

    /// Whether a fork of the process, which becomes its guardian, was at the same point and died of it, too: that is for
    /// those who kill both.
    private func hasKilledBoth(_ scene: any Scene, _ outcome: Outcome) -> Bool {
        reach != .guardian && outcome.status == 137 && SystemCallPoint.hasKilledChild(inTrace: trace(scene))
    }

    private func trace(_ scene: any Scene) -> String { scene.machine.sandbox.file("trace") }

    private func check(
        _ point: SystemCallPoint,
        _ scene: any Scene,
        _ outcome: Outcome,
        _ sourceLocation: SourceLocation
    ) throws {
        let isQuiet = staysConnected || scene.machine.awaitEffects()
        #expect(isQuiet, sourceLocation: sourceLocation)
        // What a signal interrupts is left to the guardian, which comes a moment after us.
        if signal != "SIGKILL", outcome.status != 0 { _ = scene.machine.cloud.wait { $0.liveTokens == 0 } }
        let live = scene.machine.cloud.liveTokens.count
        #expect(
            mayEnd(outcome.status, live) || SystemCallPoint.hasKilledChild(inTrace: trace(scene)),
            "\(point): exit code \(outcome.status) with \(live) live tokens: \(outcome.error)",
            sourceLocation: sourceLocation
        )
        if reach == .guardian || signal != "SIGKILL" {
            // The next stage has nothing but the record, and comes when no lost request has an effect any more.
            try scene.machine.endGuardians()
            try scene.machine.letRequestsAge()
        }
        let after = try scene.cleanUp(after: outcome)
        let left = scene.machine.cloud.liveTokens.count
        #expect(left == 0, "\(point): \(outcome.error) then \(after.error)", sourceLocation: sourceLocation)
        let secrets = scene.machine.mintedValues + [scene.machine.parent]
        let written = scene.machine.sandbox.files.filter { $0.contains("/home/") }.compactMap { text(of: $0) }
        #expect(leaks(of: secrets, in: written.joined()) == [], "\(point)", sourceLocation: sourceLocation)
        try scene.machine.endGuardians()
    }
}
