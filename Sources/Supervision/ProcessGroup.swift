internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A process group of somebody else's children, which gets a signal only while it is provably the one that was meant.
///
/// The number of a group is its first leader's, and may be used again as soon as nobody is left in the group: a process
/// that is not the leader's parent cannot keep that from happening.
package struct ProcessGroup: ~Copyable {
    private let leader: ProcessWatch
    private let leaderStart: UInt64
    /// The number of the group.
    package let number: Int32

    /// Begin while the leader lives; nil when it does not, or cannot be told from a later process of its number.
    package init?(ledBy process: WatchedProcess) {
        guard let watch = ProcessWatch(process), getpgid(process.pid) == process.pid else { return nil }
        leader = watch
        leaderStart = process.startTime
        number = process.pid
    }

    /// Whether it is still the group that was meant: its leader lives, or somebody in it is older than a moment at which
    /// the number could not have been given to anybody else yet.
    ///
    /// - Parameter moment: by `ProcessClock`; usually that of the end of the leader's parent.
    package func isThere(since moment: UInt64) -> Bool {
        !leader.hasEnded || Self.members(of: number).contains { $0.startTime < moment }
    }

    /// Readable once the leader has ended.
    package var leaderDescriptor: Int32 { leader.number }

    package enum LeaderState {
        case lives
        /// It has ended, and whoever started it has not asked how: its number is still its own.
        case unasked
        /// Its number is free once nobody is left in the group.
        case gone
    }

    package var leaderState: LeaderState {
        guard leader.hasEnded else { return .lives }
        return ProcessStat(of: number)?.startTime == leaderStart ? .unasked : .gone
    }

    /// Sends a signal to the whole group, if it is still the one that was meant; says whether it is.
    @discardableResult
    package func send(_ signal: Int32, since moment: UInt64) -> Bool {
        isThere(since: moment) && kill(-number, signal) == 0
    }

    /// The living members as far as `/proc` shows them.
    private static func members(of group: Int32) -> [ProcessStat] {
        guard let listing = opendir("/proc") else { return [] }
        defer { closedir(listing) }
        var members: [ProcessStat] = []
        while let entry = readdir(listing) {
            let pid = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            guard pid > 0, let stat = ProcessStat(of: pid), stat.group == group, !stat.hasEnded else { continue }
            members.append(stat)
        }
        return members
    }
}
