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
    /// Whether an exit code is one that this signal may lead to.
    let mayEnd: (_ status: Int32, _ live: Int) -> Bool
    let scene: () throws -> any Scene

    /// - Parameter sample: without `--exhaustive`, one point of so many is tried.
    func run(sample: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let all = try commonPoints()
        let points = Self.isExhaustive ? all : all.enumerated().filter { $0.offset % sample == 0 }.map(\.element)
        var hit: Set<SystemCallPoint> = []
        for start in stride(from: 0, to: points.count, by: Self.width) {
            try runBatch(points[start..<min(start + Self.width, points.count)], &hit, sourceLocation)
        }
        #expect(hit.count == points.count, "missed \(Set(points).subtracting(hit))", sourceLocation: sourceLocation)
        print("kill matrix: \(name), \(signal): \(hit.count) of \(all.count) points tried")
    }

    /// What every run passes: how often a process polls is a matter of timing.
    private func commonPoints() throws -> [SystemCallPoint] {
        let runs = try (0..<5).map { _ in
            let dry = try scene()
            return try SystemCallPoint.all(in: dry.program(), sandbox: dry.machine.sandbox)
        }
        return runs[0].filter { point in runs.allSatisfy { $0.contains(point) } }
    }

    private func runBatch(
        _ points: ArraySlice<SystemCallPoint>,
        _ hit: inout Set<SystemCallPoint>,
        _ sourceLocation: SourceLocation
    ) throws {
        let runs = try points.map { point in
            let scene = try scene()
            return (point, scene, try point.injecting(signal, into: scene.program()).start())
        }
        for (point, scene, running) in runs {
            var (scene, outcome) = (scene, try running.wait())
            for _ in 0..<10 where outcome.status == 0 && signal == "SIGKILL" {
                scene = try self.scene()
                outcome = try point.injecting(signal, into: scene.program()).run()
            }
            if signal != "SIGKILL" || outcome.status == 137 { hit.insert(point) }
            try check(point, scene, outcome, sourceLocation)
        }
    }

    private func check(
        _ point: SystemCallPoint,
        _ scene: any Scene,
        _ outcome: Outcome,
        _ sourceLocation: SourceLocation
    ) throws {
        let live = scene.machine.cloud.liveTokens.count
        #expect(
            mayEnd(outcome.status, live),
            "\(point): exit code \(outcome.status) with \(live) live tokens: \(outcome.error)",
            sourceLocation: sourceLocation
        )
        let after = try scene.cleanUp(after: outcome)
        let left = scene.machine.cloud.liveTokens.count
        #expect(left == 0, "\(point): \(outcome.error) then \(after.error)", sourceLocation: sourceLocation)
        let secrets = scene.machine.mintedValues + [scene.machine.parent]
        let written = scene.machine.sandbox.files.filter { $0.contains("/home/") }.compactMap { text(of: $0) }
        #expect(leaks(of: secrets, in: written.joined()) == [], "\(point)", sourceLocation: sourceLocation)
    }
}
