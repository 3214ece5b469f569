#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A value that one thread at a time may touch, and for whose changes others can wait.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        pthread_cond_init(changed, nil)
        #else
        // Nobody sets this clock, so no wait ends early or late because somebody did.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` alone and wakes those who wait.
    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// Waits until `condition` holds, however long that takes.
    func wait(until condition: (Value) -> Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !condition(value) { pthread_cond_wait(changed, mutex) }
    }

    /// Waits until `condition` holds, at most `seconds`; false when it never did.
    func wait(atMost seconds: Double, until condition: (Value) -> Bool) -> Bool {
        let end = monotonicTime() + seconds
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !condition(value) {
            guard awaitChange(until: end) else { return condition(value) }
        }
        return true
    }

    /// Waits until somebody changes the value; false at a time of `monotonicTime()`.
    private func awaitChange(until end: Double) -> Bool {
        #if canImport(Darwin)
        var left = timespec(seconds: max(0, end - monotonicTime()))
        return pthread_cond_timedwait_relative_np(changed, mutex, &left) != ETIMEDOUT
        #else
        var end = timespec(seconds: end)
        return pthread_cond_timedwait(changed, mutex, &end) != ETIMEDOUT
        #endif
    }
}

extension timespec {
    fileprivate init(seconds: Double) {
        self.init(tv_sec: time_t(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
    }
}
