internal import Synchronization
package import Testing

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

extension Trait where Self == OwnThreads {
    /// For tests that wait for processes or for time, or compute for long.
    package static var ownThreads: Self { OwnThreads(turn: .usual) }

    package static func ownThreads(_ turn: OwnThreads.Turn) -> Self { OwnThreads(turn: turn) }
}

/// Runs tests on threads of their own: those of Swift are as few as the processors, and a test that waits for another
/// process would keep one of them from tests that compute.
package struct OwnThreads: TestTrait, SuiteTrait, TestScoping {
    /// When they begin.
    package enum Turn: CaseIterable, Sendable {
        /// Those that take longest, since one that began last would run alone.
        case first
        case usual
        /// Exit tests, one after the other. From the first one on, a thread of the library turns round without a pause
        /// while any process has ended that its test has not waited for yet.
        case last
    }

    let turn: Turn

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadPool.shared.queue(turn)) {
            let begun = ContinuousClock.now
            defer { TestTimes.shared?.add(ContinuousClock.now - begun, of: test) }
            try await function()
        }
    }
}

/// A file for scripts/slowest: what each case has taken, without the time in which it waited for a thread.
private struct TestTimes {
    static let shared = getenv("PULUMI_TOKEN_TESTS_TIMES").map { TestTimes(path: String(cString: $0)) }

    let path: String

    func add(_ duration: Duration, of test: Test) {
        let line = "\(duration / .seconds(1))\t\(test.id)\n"
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        // One write of a short line: lines of several threads do not mix.
        _ = write(file, line, line.utf8.count)
        close(file)
    }
}

/// Three threads for each processor: they wait for other processes more than they compute.
private final class ThreadPool: Sendable {
    static let shared = ThreadPool(width: 3 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    final class Queue: TaskExecutor {
        private let turn: OwnThreads.Turn

        fileprivate init(_ turn: OwnThreads.Turn) { self.turn = turn }

        func enqueue(_ job: consuming ExecutorJob) {
            ThreadPool.shared.enqueue(Entry(job: UnownedJob(job), queue: self), turn)
        }
    }

    fileprivate struct Entry {
        let job: UnownedJob
        let queue: Queue

        func run() { job.runSynchronously(on: queue.asUnownedTaskExecutor()) }
    }

    private struct Work {
        let width: Int
        var idle: Int
        var entries: [OwnThreads.Turn: [Entry]] = [:]

        /// First come, first served, turn by turn; nil when there is nothing to do.
        mutating func next() -> Entry? {
            for turn in OwnThreads.Turn.allCases where entries[turn]?.isEmpty == false {
                // Whoever runs something now looks here afterwards.
                if turn == .last, idle < width - 1 { break }
                return entries[turn]?.removeFirst()
            }
            idle += 1
            return nil
        }
    }

    private let first = Queue(.first), usual = Queue(.usual), last = Queue(.last)
    private let work: Mutex<Work>

    private init(width: Int) {
        work = Mutex(Work(width: width, idle: width))
    }

    func queue(_ turn: OwnThreads.Turn) -> Queue {
        switch turn {
        case .first: first
        case .usual: usual
        case .last: last
        }
    }

    private func enqueue(_ entry: Entry, _ turn: OwnThreads.Turn) {
        let needsThread = work.withLock { work in
            work.entries[turn, default: []].append(entry)
            guard work.idle > 0 else { return false }
            work.idle -= 1
            return true
        }
        guard needsThread else { return }
        do { try Thread { self.runAll() }.detach() } catch { fatalError("no thread for a test: \(error)") }
    }

    private func runAll() {
        while let entry = work.withLock({ $0.next() }) { entry.run() }
    }
}
