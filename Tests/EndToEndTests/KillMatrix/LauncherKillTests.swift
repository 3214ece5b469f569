import CloudEmulator
import JobBench
import TestBench
import Testing

/// The launcher is what a runner knows and kills; the executable below it goes on alone for a moment.
@Suite(.ownThreads) struct LauncherKillTests {
    @Test func `a launcher that is killed at any system call leaves no token behind`() throws {
        let all = try SystemCallPoint.common(toRuns: 3) {
            let dry = try Stage().job
            return try SystemCallPoint.all(in: dry.program("main"), sandbox: dry.machine.sandbox)
        }
        #expect(all.count > 100)
        let sample = KillMatrix.isExhaustive ? 1 : 40
        let points = all.enumerated().filter { $0.offset % sample == 0 }.map(\.element)
        var hit = 0
        for point in points {
            // Node's calls differ from run to run: a point that was not reached is no point of this run.
            for _ in 0..<5 where try kill(at: point) {
                hit += 1
                break
            }
        }
        #expect(hit * 10 >= points.count * 7, "only \(hit) of \(points.count) points were reached")
        print("kill matrix: launcher, SIGKILL: \(hit) of \(all.count) points tried")
    }

    private struct Stage {
        let job: GitHubJob

        init() throws {
            job = try GitHubJob(try BuildMachine())
            job.usesLauncher = true
            job.inputs["timeout"] = "2s"
            try job.prepare()
        }
    }

    private func kill(at point: SystemCallPoint) throws -> Bool {
        let job = try Stage().job
        let trace = job.machine.sandbox.file("trace")
        let running = try point.injecting("SIGKILL", into: job.program("main"), tracedTo: trace).start()
        let outcome = try running.waitForExit()
        // The runner goes on at once, while the executable may still be at work.
        try job.finish(outcome)
        try job.prepare()
        let post = try job.program("post").run()
        let rest = try running.wait()
        if outcome.status == 0 { try job.post() }
        #expect(job.machine.awaitEffects())
        let live = job.machine.cloud.liveTokens.count
        #expect(live == 0, "\(point): \(outcome.status) \(rest.error) then \(post.error)")
        return outcome.status == 137
    }
}
