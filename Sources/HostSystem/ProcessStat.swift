#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What `/proc/PID/stat` tells of a process at one moment.
package struct ProcessStat: Equatable, Sendable {
    /// Of at most 15 bytes, as the process has set it: usually the name of its file, of a script the script's.
    package let name: String
    /// As `ps` shows it: `R`, `S`, `T`, `Z`.
    package let state: Character
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// Clock ticks after the boot.
    package let startTime: UInt64

    /// nil when there is no process of that id, or `/proc` does not show it to us.
    package init?(of pid: Int32) {
        guard let file = try? Descriptor.open("/proc/\(pid)/stat", O_RDONLY),
            let bytes = try? file.contents(limit: 1 << 16)
        else { return nil }
        self.init(bytes)
    }

    /// - Parameter bytes: the text of the file.
    package init?(_ bytes: [UInt8]) {
        // The name may hold blanks and parentheses itself.
        guard let opening = bytes.firstIndex(of: UInt8(ascii: "(")),
            let closing = bytes.lastIndex(of: UInt8(ascii: ")")), opening < closing
        else { return nil }
        let fields = bytes[(closing + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
        // Of the fields as the manual counts them, the first here is number 3.
        func text(_ number: Int) -> String { String(decoding: fields[number - 3], as: UTF8.self) }
        guard fields.count > 19, let state = text(3).first, let parent = Int32(text(4)),
            let group = Int32(text(5)), let session = Int32(text(6)), let startTime = UInt64(text(22))
        else { return nil }
        name = String(decoding: bytes[(opening + 1)..<closing], as: UTF8.self)
        self.state = state
        (self.parent, self.group, self.session, self.startTime) = (parent, group, session, startTime)
    }

    /// Whether only its exit status is left.
    package var hasEnded: Bool { state == "Z" || state == "X" }
}

/// The clock of start times.
package enum ProcessClock {
    /// Clock ticks after the boot.
    package static func now() -> UInt64 {
        var moment = timespec()
        #if canImport(Darwin)
        clock_gettime(CLOCK_MONOTONIC, &moment)
        #else
        clock_gettime(CLOCK_BOOTTIME, &moment)
        #endif
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return UInt64(moment.tv_sec) * ticks + UInt64(moment.tv_nsec) * ticks / 1_000_000_000
    }
}
