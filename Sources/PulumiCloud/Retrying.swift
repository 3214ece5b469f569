internal import HTTPTransport
package import HostSystem

/// A failure of which one can say whether and when to try again.
package protocol RetryableFailure: Error {
    var isRetryable: Bool { get }
    /// How long the server asks to wait, from now.
    var retryAfter: Duration? { get }
    /// Whether it is said that there were too many requests.
    var isRateLimit: Bool { get }
    /// How often to try in all, however much time is left.
    var attemptLimit: Int { get }
    /// One line for the trace, without secrets.
    var summary: String { get }
}

extension CloudError: RetryableFailure {
    package var isRateLimit: Bool { status == 429 }

    /// Where no server was reached, a mistyped name is likelier than an outage: about half a minute is enough.
    package var attemptLimit: Int {
        guard case .transport(let error) = self else { return .max }
        return [.nameLookup, .connect, .proxy].contains(error.failure) ? 6 : .max
    }
}

/// Repeats what failed for a passing reason, for as long as the command may take.
///
/// Full jitter: a random time up to `base`, twice that, four times that, … at most `cap`. A `Retry-After` is the least;
/// the random time comes on top, so that many clients that were told the same moment spread out. With these figures
/// 64 clients of a server that takes 5 requests a second are through in half a minute with some 200 requests.
///
/// A limiter that says nothing of when to come again may count over minutes, as Pulumi's does; after a first quick
/// attempt it is left alone for that long.
package struct Retrying {
    private let budget: TimeBudget
    private let random: Randomness
    private let trace: (String) -> Void
    private let say: (String) -> Void
    private let longWait = LongWait()

    package static let base: Duration = .seconds(2)
    package static let cap: Duration = .seconds(10)
    private static let silentLimitBase: Duration = .seconds(60)
    private static let silentLimitCap: Duration = .seconds(300)
    /// From which on a wait is told.
    private static let longest: Duration = .seconds(5)
    /// What a request needs at least to be worth sending.
    private static let least: Duration = .milliseconds(100)

    /// - Parameter say: told once what is waited for, and how long, where that takes many seconds.
    package init(
        budget: TimeBudget,
        random: Randomness,
        trace: @escaping (String) -> Void,
        say: @escaping (String) -> Void = { _ in }
    ) {
        self.say = say
        self.budget = budget
        self.random = random
        self.trace = trace
    }

    /// Runs an idempotent request until it succeeds, fails for good, or the time is over.
    ///
    /// - Parameters:
    ///   - what: for the trace, as in `listing the tokens`.
    ///   - isPassing: whether the same request may succeed later, where a server has signs of its own for it.
    package func attempt<Reply>(
        _ what: String,
        while isPassing: (CloudError) -> Bool = \.isRetryable,
        _ body: () throws(CloudError) -> Reply
    ) throws(CloudError) -> Reply {
        var failures = 0
        while true {
            do throws(CloudError) {
                return try body()
            } catch {
                guard isPassing(error) else { throw error }
                trace("\(what) failed: \(error.summary)")
                guard pause(after: error, attempt: failures) else { throw error }
                failures += 1
            }
        }
    }

    /// Waits as long as a failure asks for.
    ///
    /// - Parameter attempt: 0 after the first failure, 1 after the second, …
    /// - Returns: false when another attempt is pointless, there is no time for it, or a signal asks to stop.
    package func pause(after error: some RetryableFailure, attempt: Int) -> Bool {
        guard attempt + 1 < error.attemptLimit else {
            trace("giving up after \(attempt + 1) attempts")
            return false
        }
        let wait = wait(after: error, attempt: attempt)
        guard !budget.isInterrupted, wait + Self.least < budget.remaining else {
            trace("no time for another attempt: it would come in \(seconds(wait))")
            return false
        }
        trace("trying again in \(seconds(wait))")
        if wait >= Self.longest, longWait.begin() {
            say("waiting \(TimeSpan(seconds: wait.components.seconds)) before another attempt: \(error.summary)")
        }
        budget.sleep(for: wait)
        return !budget.isInterrupted && !budget.isOver
    }

    /// How long to wait before the next attempt.
    func wait(after error: some RetryableFailure, attempt: Int) -> Duration {
        let isSilentLimit = error.isRateLimit && error.retryAfter == nil && attempt > 0
        let bound =
            isSilentLimit
            ? min(Self.silentLimitCap, Self.silentLimitBase * (1 << min(attempt - 1, 10)))
            : min(Self.cap, Self.base * (1 << min(max(0, attempt), 10)))
        return (error.retryAfter ?? .zero) + bound * random.unitInterval()
    }

    private func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.roundedUpToMilliseconds
        return "\(milliseconds / 1000).\((milliseconds % 1000) / 100) s"
    }
}

/// Whether somebody was told of a long wait.
private final class LongWait {
    private var isTold = false

    /// Says whether this is the first one.
    func begin() -> Bool {
        defer { isTold = true }
        return !isTold
    }
}
