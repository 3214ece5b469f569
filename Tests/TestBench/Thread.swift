internal import Glibc

/// A thread of the operating system: for tests of what happens at once.
package struct Thread {
    private let thread: pthread_t

    package init(_ body: @escaping @Sendable () -> Void) throws {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            },
            work.toOpaque()
        )
        guard code == 0 else { throw BenchError("pthread_create", code: code) }
        self.thread = thread
    }

    package func join() { pthread_join(thread, nil) }

    /// Nobody waits for its end.
    package func detach() { pthread_detach(thread) }

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
