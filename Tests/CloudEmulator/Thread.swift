#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Carries a closure across `pthread_create`.
private final class Work {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// Runs `body` on a detached thread of its own on which no signal is delivered, so that neither a vanished client
/// (SIGPIPE) nor a signal meant for the process under test ends up here.
///
/// - Returns: false when the system has no more threads.
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    var everything = sigset_t()
    var previous = sigset_t()
    sigfillset(&everything)
    pthread_sigmask(SIG_SETMASK, &everything, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

    let work = Unmanaged.passRetained(Work(body))
    #if canImport(Darwin)
    var thread: pthread_t?
    #else
    var thread = pthread_t()
    #endif
    let failure = pthread_create(&thread, nil, runWork, work.toOpaque())
    guard failure == 0 else {
        work.release()
        return false
    }
    #if canImport(Darwin)
    thread.map { _ = pthread_detach($0) }
    #else
    pthread_detach(thread)
    #endif
    return true
}

#if canImport(Darwin)
private func runWork(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
    return nil
}
#else
private func runWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
#endif

/// A flag that wakes every thread which polls its descriptor.
final class StopSignal: Sendable {
    /// Readable as soon as `raise()` was called.
    let descriptor: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        descriptor = ends[0]
        writeEnd = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(writeEnd)
    }

    func raise() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }
}
