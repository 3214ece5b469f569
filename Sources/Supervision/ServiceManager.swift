internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Who ends services.
enum ServiceManager {
    /// Whether it has sent a signal, and so to every process of the service.
    static func hasSent(_ signal: ArrivedSignal) -> Bool {
        signal.number == SIGTERM && signal.sender > 0 && ProcessStat(of: signal.sender)?.name == "systemd"
    }
}
