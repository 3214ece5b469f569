internal import Synchronization
package import Testing

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

extension Trait where Self == OwnThreads {
    /// For tests that start processes and wait for them.
    package static var ownThreads: Self { OwnThreads() }
}

/// Runs tests on threads of their own: those of Swift are as few as the processors, and a test that waits for another
/// process would keep one of them from tests that compute.
package struct OwnThreads: TestTrait, SuiteTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadPool.shared) { try await function() }
    }
}

/// Two threads for each processor: more would run no test sooner, and make each of them late.
private final class ThreadPool: TaskExecutor {
    static let shared = ThreadPool(width: 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    private struct Work {
        var idle: Int
        var jobs: [UnownedJob] = []
    }

    private let work: Mutex<Work>

    private init(width: Int) {
        work = Mutex(Work(idle: width))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = work.withLock { work in
            work.jobs.append(job)
            guard work.idle > 0 else { return false }
            work.idle -= 1
            return true
        }
        guard needsThread else { return }
        do { try Thread { self.runAll() }.detach() } catch { fatalError("no thread for a test: \(error)") }
    }

    /// Runs what there is, first come, first served.
    private func runAll() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        work.withLock { work in
            guard !work.jobs.isEmpty else {
                work.idle += 1
                return nil
            }
            return work.jobs.removeFirst()
        }
    }
}
