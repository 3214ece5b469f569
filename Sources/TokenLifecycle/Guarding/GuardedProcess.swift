package import HostSystem
package import Supervision

/// The process for which a token is minted, as far as it can be seen from here: when it is gone, the token has to go.
package enum GuardedProcess {
    /// The programs whose end is that of a job, where an export outlives the shell that asked for it.
    static let agents: Set<String> = ["Runner.Worker", "Runner.Listener", "buildkite-agent", "Agent.Worker"]

    /// - Parameter outlivesShell: whether the export goes to later steps or shells, so that our parent's end says nothing.
    /// - Returns: nil where no such process is visible, as in a container.
    package static func find(outlivesShell: Bool, look: (Int32) -> ProcessStat? = ProcessStat.init(of:))
        -> WatchedProcess?
    {
        guard let own = look(ownID()) else { return nil }
        var pid = own.parent
        while pid > 1, let stat = look(pid), !stat.hasEnded {
            // The kernel keeps 15 bytes of a name.
            if !outlivesShell || agents.contains(where: { $0.prefix(15) == stat.name }) {
                return WatchedProcess(pid: pid, startTime: stat.startTime)
            }
            pid = stat.parent
        }
        return nil
    }

    private static func ownID() -> Int32 { ProcessIdentity.current().pid }
}
