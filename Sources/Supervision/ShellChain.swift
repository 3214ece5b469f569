internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The shells above us, of which one that ends says that the job is being ended and nobody tells us.
///
/// GitHub ends the shell of a step, which waits for us and tells nobody; where GitLab runs jobs under `su`, only the
/// outermost shell is told. What outlives its script on purpose is left alone: a job in the background, what `nohup` or
/// `setsid` started, a leader of its session.
final class ShellChain {
    /// A process as the chain looks at it.
    struct Link {
        var stat: ProcessStat
        /// The names of the program.
        var names: [String]
    }

    /// One of each process, readable when it has ended.
    private let links: [Int32]

    /// nil when nothing is to be watched.
    init?(_ start: StartState) {
        guard !start.ignoredSignals.contains(SIGINT), !start.ignoredSignals.contains(SIGHUP) else { return nil }
        let above = Self.above(getpid(), foreground: Self.foregroundGroup()) { pid in
            ProcessStat(of: pid).map { Link(stat: $0, names: ShellProgram.names(of: pid)) }
        }
        var links: [Int32] = []
        for process in above {
            guard let watch = ProcessWatch(process), let number = watch.duplicate() else { break }
            links.append(number)
        }
        guard !links.isEmpty else { return nil }
        self.links = links
    }

    deinit {
        for link in links { close(link) }
    }

    /// What has to be waited for.
    var watched: [pollfd] { links.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }

    /// Whether one of them has ended.
    var isBroken: Bool {
        var watched = watched
        return poll(&watched, nfds_t(watched.count), 0) > 0
    }

    /// The processes of the chain, the nearest first.
    ///
    /// - Parameters:
    ///   - foreground: the group in the foreground of our terminal; nil without one.
    ///   - look: what is known of a process; nil for what is not shown.
    static func above(_ own: Int32, foreground: Int32?, look: (Int32) -> Link?) -> [WatchedProcess] {
        guard let we = look(own)?.stat, we.parent > 1, we.session != own, let parent = look(we.parent)?.stat,
            parent.group == we.group || foreground == we.group
        else { return [] }
        var found: [WatchedProcess] = []
        var (child, pid) = (we, we.parent)
        while pid > 1, let link = look(pid), link.stat.session == we.session, !link.stat.hasEnded,
            link.stat.startTime <= child.startTime, ShellProgram.isLink(link.names)
        {
            found.append(WatchedProcess(pid: pid, startTime: link.stat.startTime))
            (child, pid) = (link.stat, link.stat.parent)
        }
        return found
    }

    private static func foregroundGroup() -> Int32? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        return Terminal(descriptor: terminal).foregroundGroup
    }
}
