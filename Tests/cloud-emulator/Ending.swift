#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Keeps SIGTERM, SIGINT and SIGHUP for `waitForTheEnd`.
///
/// Call it before any thread starts.
func holdBackSignals() {
    var signals = endingSignals()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
}

/// Returns when a signal asks for the end, or when stdin or the parent process is gone.
///
/// - Parameter parent: the parent at the start, which may be gone by now; nil when its end does not matter.
func waitForTheEnd(withStdin: Bool, with parent: pid_t?) {
    var signals = endingSignals()
    while true {
        var briefly = timespec(tv_sec: 0, tv_nsec: 100_000_000)
        if sigtimedwait(&signals, nil, &briefly) > 0 { return }
        if let parent, getppid() != parent { return }
        if withStdin, isStdinClosed() { return }
    }
}

private func endingSignals() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
    return signals
}

/// Reads away what is there, without waiting.
private func isStdinClosed() -> Bool {
    var watched = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, 0) > 0 else { return false }
    var ignored = [UInt8](repeating: 0, count: 4096)
    return read(0, &ignored, ignored.count) <= 0
}
