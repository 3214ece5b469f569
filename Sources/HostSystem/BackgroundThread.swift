internal import CPlatform

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

/// Runs something beside the rest of the process, on a thread that nobody waits for and that gets no signal.
///
/// - Parameter isApart: whether it is to run while the caller does, on a processor of its own; for what ends soon.
/// - Returns: false when the system has no more threads.
package func startThread(isApart: Bool = false, _ body: @escaping @Sendable () -> Void) -> Bool {
    var everything = sigset_t()
    var previous = sigset_t()
    sigfillset(&everything)
    pthread_sigmask(SIG_SETMASK, &everything, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

    let work = Unmanaged.passRetained(Work(body))
    // A processor can go between the question for it and the start.
    if start(work, isApart: isApart) || isApart && start(work, isApart: false) { return true }
    work.release()
    return false
}

private func start(_ work: Unmanaged<Work>, isApart: Bool) -> Bool {
    // The usual 8 MiB count against a limit of the address space, though nobody ever touches most of them.
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 512 << 10)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if isApart { platform_keep_apart(&attributes) }
    #if canImport(Darwin)
    var thread: pthread_t?
    #else
    var thread = pthread_t()
    #endif
    return pthread_create(&thread, &attributes, runWork, work.toOpaque()) == 0
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
