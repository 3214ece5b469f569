internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Programs by the names that the kernel knows.
enum ShellProgram {
    /// They wait for what they have started, and pass no signal on.
    private static let deaf: Set = [
        "sh", "bash", "dash", "ash", "busybox", "zsh", "ksh", "ksh93", "mksh", "fish", "make", "gmake", "xargs", "time",
    ]
    /// What may lie between a script's shell and us.
    private static let passed: Set = ["timeout", "env", "nice", "ionice", "stdbuf"]

    /// Whether it passes no signal on.
    static func isDeaf(_ pid: Int32) -> Bool { names(of: pid).contains(where: deaf.contains) }

    /// Whether it is a link of a chain of shells.
    static func isLink(_ names: [String]) -> Bool { names.contains { deaf.contains($0) || passed.contains($0) } }

    /// Its own name and its file's: a script has its own name, but the file of its interpreter.
    ///
    /// Without `/proc`, or of another user's process, there may be none.
    static func names(of pid: Int32) -> [String] {
        var target = [CChar](repeating: 0, count: 4096)
        let path = target.prefix(max(0, readlink("/proc/\(pid)/exe", &target, target.count)))
        let file = String(decoding: path.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "/").last
        return [ProcessStat(of: pid)?.name, file.map(String.init)].compactMap(\.self)
    }
}
