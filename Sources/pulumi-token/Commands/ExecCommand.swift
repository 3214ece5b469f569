import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Redaction
import Supervision
import TokenLifecycle

/// `pulumi-token exec`: runs a command with a token that is revoked when it ends.
struct ExecCommand {
    private static let usualGrace: Duration = .seconds(5)
    /// How long revoking may take after a signal: whoever sent it sends SIGKILL before long.
    private static let hurriedDeadline: Duration = .seconds(5)
    /// The same when the command has used up its time: GitHub's SIGKILL comes 5 s later, and there is a command to kill.
    private static let lastDeadline: Duration = .seconds(4)

    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        // All that can be wrong with the command comes before the mint.
        let request = try explaining { () throws(UsageError) in try MintRequest(arguments, context) }
        let names = try Exporter.names(arguments)
        let session = try arguments.session(in: context) ?? .madeUp(context.random)
        let inherited = CommandVariables(context)
        let command = try command(inherited.environment)
        let supervisor = try supervisor()
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let parent = try Parent.find(options, for: .minting, in: context)
        let minter = Minter(
            context,
            parent: parent,
            session: session,
            holder: .supervisor,
            store: arguments.store(in: context)
        )
        let budget = context.budget(options.deadline)
        let access = try minter.open(for: request, within: budget)
        let variables = inherited.withoutSecrets(of: access)
        var exporter = Exporter([.command], to: names, in: context)
        let lease: MintedLease
        do throws(LifecycleError) {
            lease = try minter.mint(request, with: access, by: &exporter, within: budget)
        } catch {
            context.console.warn(of: error.leftovers, hint: MintCommand.wayOut(session))
            throw error.explanation
        }
        context.console.info(MintText(lease.minted).sentence)
        // Here the command's own output begins.
        context.console.begin(LogSection("revoke the Pulumi token", in: context))
        let environment = variables.adding(lease.variables)
        let box = LeaseBox(lease)
        var code = ExitCode.done
        let revoke = { (urgency: Supervisor.Urgency) in
            code = self.revoke(box, parent, access, within: deadline(urgency, options))
        }
        let outcome = try supervise(command, under: supervisor, environment, revoke)
        context.console.endSection()
        outcome.endLikewise()
        if let lost = outcome.lostOutput {
            context.console.error(Explanation.unwritable(lost))
            if outcome.isDoneButForOutput { return .cannotWrite }
        }
        guard arguments.isOn(.failOnRevokeError), outcome.exitCode == .done else { return outcome.exitCode }
        return code
    }

    private func supervise(
        _ command: FoundCommand,
        under supervisor: Supervisor,
        _ environment: CommandEnvironment,
        _ revoke: (Supervisor.Urgency) -> Void
    ) throws(Explanation) -> CommandOutcome {
        do throws(SupervisionError) {
            return try supervisor.run(
                command,
                environment: environment,
                hiding: context.console.hiddenSecrets,
                revoke: revoke
            )
        } catch {
            revoke(.afterRequest)
            throw Explanation(error)
        }
    }

    private func revoke(
        _ box: LeaseBox,
        _ parent: Parent,
        _ access: CloudAccess,
        within deadline: Duration
    ) -> ExitCode {
        guard let lease = box.take() else { return .done }
        let budget = context.budget(deadline).forUndoing()
        var revoker = Revoker(parent, opened: access, in: context, within: budget)
        let report = revoker.revoke(lease)
        return RevocationText(context.console, explain: revoker.explain).tell(report)
    }

    private func command(_ environment: CommandEnvironment) throws(Explanation) -> FoundCommand {
        // The operands are always the last words; here as bytes, because a file's name need not be UTF-8.
        let words = Array(context.start.arguments.suffix(arguments.operands.count))
        let searchPath = environment.inheritedValue(of: "PATH")
        return try explaining { () throws(CommandError) in try FoundCommand(words, searchPath: searchPath) }
    }

    private func supervisor() throws(Explanation) -> Supervisor {
        let grace = try explaining { () throws(UsageError) in try arguments.duration(of: .killAfter) }
        do throws(FileError) {
            return try Supervisor(
                start: context.start,
                clock: context.clock,
                isRedacting: !arguments.isOn(.noRedact),
                grace: grace ?? Self.usualGrace
            )
        } catch {
            throw Explanation(SupervisionError.resource(error))
        }
    }

    private func deadline(_ urgency: Supervisor.Urgency, _ options: CloudOptions) -> Duration {
        switch urgency {
        case .afterEnd: options.deadline
        case .afterRequest: Self.hurriedDeadline
        case .atOnce: Self.lastDeadline
        }
    }
}

/// What nothing may consume in a closure.
private final class LeaseBox {
    private var lease: MintedLease?

    init(_ lease: consuming MintedLease) {
        self.lease = consume lease
    }

    func take() -> MintedLease? { lease.take() }
}

extension ExitCode {
    /// What `exec` exits with for a failure of ours: scripts must be able to tell it from the command's own.
    ///
    /// A command that cannot be run, and a signal, are told as a shell does.
    var beforeCommand: ExitCode {
        [.notFound, .notExecutable].contains(self) || rawValue > ExitCode.ended(by: 0).rawValue ? self : .notStarted
    }
}
