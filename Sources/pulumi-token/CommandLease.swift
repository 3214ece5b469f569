import Credentials
import HostSystem
import PulumiCloud
import Supervision
import TokenLifecycle

/// The token of a command that `exec` runs, until it is revoked.
final class CommandLease {
    /// How long revoking may take after a signal: whoever sent it sends SIGKILL before long.
    private static let hurriedDeadline: Duration = .seconds(5)
    /// The same when the command has used up its time: GitHub's SIGKILL comes 5 s later, and there is a command to kill.
    private static let lastDeadline: Duration = .seconds(4)

    /// What `--fail-on-revoke-error` exits with.
    private(set) var code = ExitCode.done
    private let issued: Issuing.Issued
    private let access: CloudAccess
    private let records: any LeaseRecords
    private let minter: Minter
    private let context: Context
    private let console: Console

    init(
        _ issued: Issuing.Issued,
        _ access: CloudAccess,
        _ records: any LeaseRecords,
        _ minter: Minter,
        _ context: Context,
        _ console: Console
    ) {
        self.issued = issued
        self.access = access
        self.records = records
        self.minter = minter
        self.context = context
        self.console = console
    }

    /// Revokes, and tells how it went.
    func revoke(_ urgency: Supervisor.Urgency) {
        let budget = TimeBudget(deadline(urgency), clock: context.clock, interruption: context.interruption)
        let revocation = CommandRevocation(records, in: context, report: console.reporter)
        let report = revocation.end(issued, by: access, within: budget) { budget throws(Explanation) in
            try minter.door.reopen(access, to: minter.cloud, within: budget)
        }
        guard let report else {
            console.info("an exchanged token cannot be revoked; it ends \(Moment(issued.minted.expires))")
            return
        }
        code = RevocationNews(console: console, explain: access.explain).tell(report)
    }

    /// Removes what the command was given on the disk, whatever became of the token: a copy of it is there.
    func removeFiles() {
        issued.removeFiles()
    }

    private func deadline(_ urgency: Supervisor.Urgency) -> Duration {
        switch urgency {
        case .afterEnd: minter.door.settings.deadline
        case .afterRequest: Self.hurriedDeadline
        case .atOnce: Self.lastDeadline
        }
    }
}
