import HostSystem
import StubTransport
import Synchronization
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Many jobs that start in the same second, against a limiter that counts over five minutes.
@Suite(.ownThreads) struct HerdTests {
    private struct Result {
        var minted = 0
        var codes: [ExitCode: Int] = [:]
        var requests = 0
        var live = 0
        /// Seconds until the last job was done.
        var end = 0
    }

    /// Runs each job on a thread of its own, one at a time, in the order of virtual time.
    private func run(jobs: Int, limit: InMemoryCloud.Limit, deadline: Duration) throws -> Result {
        let scheduler = VirtualScheduler(threads: jobs)
        let cloud = InMemoryCloud(now: { VirtualClock.start + scheduler.now.components.seconds }, limit: limit)
        let outcomes = Mutex<[ExitCode]>([])
        try scheduler.runAll { index in
            let code = Self.job(index, cloud, scheduler, deadline)
            outcomes.withLock { $0.append(code) }
        }
        var result = Result()
        for code in outcomes.withLock({ $0 }) { result.codes[code, default: 0] += 1 }
        result.minted = result.codes[.done, default: 0]
        result.requests = cloud.requests.count
        result.live = cloud.tokens.count
        result.end = Int(scheduler.now.components.seconds)
        return result
    }

    private static func job(
        _ index: Int,
        _ cloud: InMemoryCloud,
        _ scheduler: VirtualScheduler,
        _ deadline: Duration
    ) -> ExitCode {
        var generator = SeededGenerator(seed: UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        let draws = Mutex((0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let random = Randomness { count in draws.withLock { draws in (0..<count).map { _ in draws.removeLast() } } }
        scheduler.sleep(.milliseconds(Int64(random.unitInterval() * 1000)), on: index)

        let clock = HostClock(
            unixTime: { VirtualClock.start + scheduler.now.components.seconds },
            uptime: { scheduler.now },
            wait: { scheduler.sleep($0, on: index) }
        )
        guard let machine = try? Machine(cloud) else { return .failed }
        var context = machine.context()
        context.clock = clock
        context.random = random
        context.interruption = .never(clock: clock)
        let request = MintRequest(text: "job", lifetime: .lasting(3600), reason: nil)
        do throws(LifecycleError) {
            _ = try mint(request, session: "job \(index)", in: context, within: deadline)
            return .done
        } catch {
            return error.explanation.exitCode
        }
    }

    /// The documentation has the figures of this run.
    private func expectDocumented(_ result: Result, deadline: String, says: String) throws {
        let row =
            "| \(deadline) | \(says) | \(result.minted) | \(result.codes[.unavailable, default: 0]) | "
            + "\(result.requests) | \(result.end) s |\n"
        #expect(try Repository.text("docs/reliability.md").contains(row), "not in the table: \(row)")
    }

    @Test func `with twenty minutes all of 256 jobs get a token with few requests`() throws {
        let result = try run(jobs: 256, limit: .init(count: 100, seconds: 300), deadline: .seconds(1200))
        try expectDocumented(result, deadline: "20 min", says: "yes")
        #expect(result.minted == 256 && result.live == 256)
        #expect(result.requests <= 3 * 256)
    }

    @Test func `a limiter that does not say when is left alone for long`() throws {
        let limit = InMemoryCloud.Limit(count: 100, seconds: 300, saysWhen: false)
        let result = try run(jobs: 256, limit: limit, deadline: .seconds(1200))
        try expectDocumented(result, deadline: "20 min", says: "no")
        #expect(result.minted == 256 && result.live == 256)
        #expect(result.requests <= 5 * 256)
    }

    @Test func `with the default deadline those that cannot succeed say so and leave nothing`() throws {
        let result = try run(jobs: 256, limit: .init(count: 100, seconds: 300), deadline: .seconds(120))
        try expectDocumented(result, deadline: "2 min", says: "yes")
        #expect(result.minted == 100 && result.live == 100)
        #expect(result.codes == [.done: 100, .unavailable: 156])
        #expect(result.requests == 256)
    }
}

/// Lets one thread run at a time, and time pass only when all of them wait.
private final class VirtualScheduler: @unchecked Sendable {
    private var mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var turns: [UnsafeMutablePointer<pthread_cond_t>] = []
    private var wakeTimes: [Duration?]
    private var current = 0
    private var time: Duration = .zero
    private var left: Int

    init(threads: Int) {
        wakeTimes = (0..<threads).map { .nanoseconds($0) }
        left = threads
        pthread_mutex_init(mutex, nil)
        for _ in 0..<threads {
            let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
            pthread_cond_init(condition, nil)
            turns.append(condition)
        }
    }

    deinit {
        for turn in turns {
            pthread_cond_destroy(turn)
            turn.deallocate()
        }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    var now: Duration { time }

    /// Gives the turn to whoever wakes first, and waits for its own.
    func sleep(_ duration: Duration, on thread: Int) {
        pthread_mutex_lock(mutex)
        wakeTimes[thread] = time + duration
        handOn()
        wait(on: thread)
        pthread_mutex_unlock(mutex)
    }

    func runAll(_ body: @escaping @Sendable (Int) -> Void) throws {
        let threads = try turns.indices.map { index in
            try Thread {
                pthread_mutex_lock(self.mutex)
                self.wait(on: index)
                pthread_mutex_unlock(self.mutex)
                body(index)
                pthread_mutex_lock(self.mutex)
                self.left -= 1
                self.wakeTimes[index] = nil
                self.handOn()
                pthread_mutex_unlock(self.mutex)
            }
        }
        for thread in threads { thread.join() }
    }

    private func wait(on thread: Int) {
        while current != thread || wakeTimes[thread] == nil { pthread_cond_wait(turns[thread], mutex) }
    }

    private func handOn() {
        guard left > 0 else { return }
        let next = wakeTimes.indices.filter { wakeTimes[$0] != nil }
            .min { (wakeTimes[$0] ?? .zero, $0) < (wakeTimes[$1] ?? .zero, $1) }
        guard let next else { return }
        time = max(time, wakeTimes[next] ?? time)
        current = next
        pthread_cond_signal(turns[next])
    }
}
