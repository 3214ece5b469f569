package import HostSystem
package import Supervision

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The process for which a token is minted, as far as it can be seen from here: when it is gone, the token has to go.
package enum GuardedProcess {
    /// The programs whose end is that of a job, where an export outlives the shell that asked for it.
    static let agents = ["Runner.Worker", "Runner.Listener", "buildkite-agent", "Agent.Worker"]
    /// The programs that run recipes one after the other, each with a shell of its own.
    static let makes = ["make", "gmake", "remake"]

    /// Who stands for the job from before the mint to its end.
    ///
    /// - Parameter user: who gets the token.
    /// - Returns: nil where no such process is visible, as in a container, and for a shell, which is not our parent.
    package static func job(of user: TokenUser, look: (Int32) -> ProcessStat? = ProcessStat.init(of:))
        -> WatchedProcess?
    {
        switch user {
        case .job: ancestors(look) { isNamed($0, in: agents) }.first
        // A make that another one runs is a part of that.
        case .recipes: ancestors(look) { isNamed($0, in: makes) }.last
        case .shell, .caller: nil
        }
    }

    /// Who is watched when a guardian stays; for a shell, until it says its own number, whoever asked for it.
    package static func find(for user: TokenUser, look: (Int32) -> ProcessStat? = ProcessStat.init(of:))
        -> WatchedProcess?
    {
        switch user {
        case .job, .recipes: job(of: user, look: look)
        case .shell, .caller: ancestors(look) { !WrapperProgram.names.contains($0.name) }.first
        }
    }

    /// The kernel keeps 15 bytes of a name.
    private static func isNamed(_ process: ProcessStat, in names: [String]) -> Bool {
        names.contains { $0.prefix(15) == process.name }
    }

    /// The nearest first.
    private static func ancestors(
        _ look: (Int32) -> ProcessStat?,
        where isMeant: (ProcessStat) -> Bool
    ) -> [WatchedProcess] {
        guard let own = look(getpid()) else { return [] }
        var found: [WatchedProcess] = []
        var pid = own.parent
        while pid > 1, let stat = look(pid), !stat.hasEnded {
            if isMeant(stat) { found.append(WatchedProcess(pid: pid, startTime: stat.startTime)) }
            pid = stat.parent
        }
        return found
    }
}

/// Who gets an exported token, and so whose end is the token's.
package enum TokenUser: Equatable, Sendable {
    /// Later steps, or other shells of the job.
    case job
    /// The shell that sources the script.
    case shell
    /// The recipes of a make, each of which has a shell of its own.
    case recipes
    /// Whoever runs us.
    case caller
}
