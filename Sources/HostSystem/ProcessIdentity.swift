#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Which process of which machine this is, so that a later process can tell whether it still lives.
///
/// A process id alone is used again; together with the start time, the boot and the process-id namespace it is not.
package struct ProcessIdentity: Equatable, Sendable {
    /// `/etc/machine-id`; nil in images without one.
    package var machine: String?
    /// A new one for each start of the kernel.
    package var boot: String?
    /// The namespaces in which id and start time are counted, as the kernel names them:
    /// `pid:[4026531836] time:[4026531834]`.
    package var namespace: String?
    package var pid: Int32
    /// Clock ticks after the boot.
    package var startTime: UInt64?
    /// The number of the user.
    package var user: UInt32 { geteuid() }

    package init(machine: String?, boot: String?, namespace: String?, pid: Int32, startTime: UInt64?) {
        self.machine = machine
        self.boot = boot
        self.namespace = namespace
        self.pid = pid
        self.startTime = startTime
    }

    /// This process.
    package static func current() -> ProcessIdentity {
        ProcessIdentity(
            machine: firstLine(of: "/etc/machine-id"),
            boot: firstLine(of: "/proc/sys/kernel/random/boot_id"),
            namespace: namespaces(),
            pid: getpid(),
            startTime: startTime(of: getpid())
        )
    }

    /// nil where /proc does not show it; kernels before 5.6 have no time namespaces.
    private static func namespaces() -> String? {
        linkTarget("/proc/self/ns/pid").map { pid in
            linkTarget("/proc/self/ns/time").map { "\(pid) \($0)" } ?? pid
        }
    }

    /// What /proc shows of a process id.
    package enum Presence: Equatable, Sendable {
        /// Clock ticks after the boot.
        case started(UInt64)
        /// There is no such process, or only its remains.
        case gone
        /// /proc hides it, or is not there.
        case hidden
    }

    package static func presence(of pid: Int32) -> Presence {
        if let moment = startTime(of: pid) { return .started(moment) }
        if kill(pid, 0) != 0, errno == ESRCH { return .gone }
        return isReadable("/proc/\(pid)/stat") ? .gone : .hidden
    }

    private static func isReadable(_ path: String) -> Bool { firstLine(of: path) != nil }

    /// Clock ticks after the boot at which a process started; nil when there is none of that id, or only its remains.
    package static func startTime(of pid: Int32) -> UInt64? {
        guard let stat = ProcessStat(of: pid), !stat.hasEnded else { return nil }
        return stat.startTime
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = try? Descriptor.open(path, O_RDONLY), let bytes = try? file.contents(limit: 1 << 16) else {
            return nil
        }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return line.isEmpty ? nil : line
    }

    private static func linkTarget(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: 256)
        let count = readlink(path, &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
