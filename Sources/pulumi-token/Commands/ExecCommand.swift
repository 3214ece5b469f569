import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Supervision
import TokenLifecycle

/// `pulumi-token exec`: runs a command with a token that dies with it.
struct ExecCommand {
    private static let usualGrace: Int64 = 5

    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(Explanation) -> ExitCode {
        // All that can be wrong with the command comes before the mint.
        let order = try explaining { () throws(UsageError) in try MintOrder(arguments, context) }
        let variables = try CommandVariables(arguments, context)
        let command = try command(variables.environment)
        let supervisor = try supervisor()

        let minter = try Minter(arguments, context, console)
        let access = try minter.access(for: order)
        let records = LeasePlaces(context).records(arguments)
        let environment = variables.withoutSecrets(of: access)
        let issued = try issue(order, by: minter, access, for: variables.session, in: records)
        let lease = CommandLease(issued, access, records, minter, context, console)

        let outcome = try run(command, under: supervisor, variables.adding(issued, to: environment), lease)
        console.endSection()
        outcome.endLikewise()
        if let lost = outcome.lostOutput {
            console.error(ToolError.unwritable(lost))
            if outcome.isDoneButForOutput { return .cannotWrite }
        }
        guard arguments.isOn(.failOnRevokeError), outcome.exitCode == .done else { return outcome.exitCode }
        return lease.code
    }

    private func run(
        _ command: FoundCommand,
        under supervisor: Supervisor,
        _ environment: CommandEnvironment,
        _ lease: CommandLease
    ) throws(Explanation) -> CommandOutcome {
        defer { lease.removeFiles() }
        do throws(SupervisionError) {
            return try supervisor.run(
                command,
                environment: environment,
                hiding: console.hiddenSecrets,
                revoke: lease.revoke
            )
        } catch {
            lease.revoke(.afterRequest)
            throw Explanation(error)
        }
    }

    private func command(_ environment: CommandEnvironment) throws(Explanation) -> FoundCommand {
        // The operands are always the last words; here as bytes, because a file's name need not be UTF-8.
        let words = Array(context.start.arguments.suffix(arguments.operands.count))
        let searchPath = environment.inheritedValue(of: "PATH")
        return try explaining { () throws(CommandError) in try FoundCommand(words, searchPath: searchPath) }
    }

    private func supervisor() throws(Explanation) -> Supervisor {
        let grace = try explaining { () throws(UsageError) in try Settings.seconds(.killAfter, in: arguments) }
        do throws(FileError) {
            return try Supervisor(
                start: context.start,
                clock: context.clock,
                isRedacting: !arguments.isOn(.noRedact),
                grace: .seconds(grace ?? Self.usualGrace)
            )
        } catch {
            throw Explanation(SupervisionError.resource(error))
        }
    }

    private func issue(
        _ order: MintOrder,
        by minter: Minter,
        _ access: CloudAccess,
        for session: Session,
        in records: any LeaseRecords
    ) throws(Explanation) -> Issuing.Issued {
        do throws(LifecycleError) {
            let issued = try minter.issue(
                order,
                with: access,
                for: session,
                heldBy: .supervisor,
                in: records,
                isIsolated: !arguments.isOn(.noIsolate),
                needsFolder: false
            ) { _, _ throws(Explanation) in }
            console.info(MintNews(issued.minted).sentence)
            // Here the command's own output begins.
            console.begin(context.section("revoke the Pulumi token"))
            return issued
        } catch {
            throw error.explanation
        }
    }
}

extension ExitCode {
    /// What `exec` exits with for a failure of ours: scripts must be able to tell it from the command's own.
    ///
    /// A command that cannot be run, and a signal, are told as a shell does.
    var beforeCommand: ExitCode {
        [.notFound, .notExecutable].contains(self) || rawValue > ExitCode.ended(by: 0).rawValue ? self : .notStarted
    }
}
