import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Secrets
import Supervision
import TokenLifecycle

/// `pulumi-token exec`: runs a command with a token that is revoked when it ends.
struct ExecCommand {
    /// How long revoking may take for a command that was not even started.
    static let shortDeadline: Duration = .seconds(5)

    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        var report = try CommandReport(arguments, in: context)
        do throws(Explanation) {
            return try arguments.isOn(.helper) ? runWithHelper(&report) : runWithToken(&report)
        } catch {
            _ = report.write(error.exitCode.beforeCommand, of: nil, error, in: context)
            throw error
        }
    }

    private func runWithToken(_ report: inout CommandReport) throws(Explanation) -> ExitCode {
        let names = try Exporter.names(arguments)
        let plan = try CommandPlan(self, &report)
        let token = try mint(plan, as: names, &report)
        let (parent, access, environment) = (token.parent, token.access, token.environment)
        let lease = token.lease
        MintText(lease.minted).tell(on: context.console)
        // Here the command's own output begins.
        context.console.begin(LogSection("revoke the Pulumi token", in: context))

        let now = context.clock.unixTime() + (lease.lease.clockOffset ?? 0)
        let notices = LifeText(lease.minted, at: now).notices(on: context.console, from: context.clock.uptime())
        var running: SupervisedCommand
        do throws(SupervisionError) {
            let prepared = try plan.supervisor.prepare(
                plan.command,
                environment: environment,
                hiding: context.console.secrets
            )
            // Before it runs: killed between the two, nobody would end it.
            if let process = prepared.identity { lease.guards(process) }
            running = try prepared.start()
        } catch {
            _ = revoke(lease, parent, access, within: Self.shortDeadline, besideCommand: false, &report)
            throw Explanation(error)
        }
        let limit = running.awaitEnd(saying: notices) { lease.guards($0) } ?? plan.options.deadline
        let isRunning = running.isRunning
        if isRunning {
            context.console.notice("revoking the token of a command that is still running: its time is up")
        }
        let deadline = min(limit, plan.options.deadline)
        let code = revoke(lease, parent, access, within: deadline, besideCommand: isRunning, &report)
        return end(running.finish(), code, report)
    }

    /// Mints the token of a command that can be started.
    ///
    /// - Parameter names: of the variables that receive it.
    func mint(
        _ plan: CommandPlan,
        as names: [String],
        _ report: inout CommandReport
    ) throws(Explanation) -> CommandToken {
        let (request, session) = (plan.request, plan.session)
        let parent = try Parent.find(plan.options, in: context)
        let minter = Minter(
            context,
            parent: parent,
            session: session,
            holder: .supervisor,
            store: arguments.store(in: context)
        )
        let budget = context.budget(plan.options.deadline)
        let access = try minter.open(for: request, within: budget)
        let variables = plan.variables.without(access.secretsInVariables(of: context.environment))
        var exporter = Exporter([.command], to: names, in: context)
        do throws(LifecycleError) {
            let lease = try minter.mint(request, with: access, by: &exporter, within: budget)
            let environment = variables.adding(lease.variables)
            return CommandToken(parent: parent, access: access, environment: environment, lease: lease)
        } catch {
            context.console.warn(of: error.leftovers, hint: MintCommand.wayOut(session))
            let kind = request.kind ?? parent.source.kind
            report.rows.add(error.leftovers, kind: kind, session: session.name, because: error.explanation)
            throw error.explanation
        }
    }

    /// Says what is to be said of the command.
    ///
    /// - Parameter code: what revoking came to.
    func end(_ outcome: CommandOutcome, _ code: ExitCode, _ report: borrowing CommandReport) -> ExitCode {
        context.console.endSection()
        tell(outcome)
        let ending = report.write(exitCode(outcome, code), of: outcome, in: context)
        outcome.endLikewise()
        if let lost = outcome.lostOutput { context.console.error(Explanation.unwritable(lost)) }
        return ending
    }

    private func exitCode(_ outcome: CommandOutcome, _ code: ExitCode) -> ExitCode {
        if outcome.lostOutput != nil, outcome.isDoneButForOutput { return .cannotWrite }
        guard arguments.isOn(.failOnRevokeError), outcome.exitCode == .done else { return outcome.exitCode }
        return code
    }

    /// - Parameter isCommandRunning: signals are the command's then, and wait for it.
    private func revoke(
        _ lease: consuming MintedLease,
        _ parent: Parent,
        _ access: CloudAccess,
        within deadline: Duration,
        besideCommand isCommandRunning: Bool,
        _ told: inout CommandReport
    ) -> ExitCode {
        if isCommandRunning { context.interruption.suspend() }
        defer { context.interruption.resume() }
        let budget = context.budget(deadline).forUndoing()
        var revoker = Revoker(parent, opened: access, in: context, within: budget)
        let minted = lease.lease
        let report = revoker.revoke(lease)
        told.rows.add(report, of: minted, explain: revoker.explain)
        return RevocationText(context.console, of: "the command", explain: revoker.explain).tell(report)
    }

    /// What became of a canceled command.
    private func tell(_ outcome: CommandOutcome) {
        if let cancellation = outcome.cancellation, !cancellation.isDone {
            context.console.warning("the command of --on-cancel failed: \(cancellation.reason)")
        }
        guard outcome.wasTornOff, outcome.cancellation?.isDone != true, let line = UnlockingLine(arguments.operands)
        else { return }
        context.console.warning(
            "the command was cut off, so its stack might be locked",
            hint: "run \(line.text)"
        )
    }

    fileprivate func command(_ environment: CommandEnvironment) throws(Explanation) -> FoundCommand {
        // The operands are always the last words; here as bytes, because a file's name need not be UTF-8.
        let words = Array(context.start.arguments.suffix(arguments.operands.count))
        let searchPath = environment.inheritedValue(of: "PATH")
        return try explaining { () throws(CommandError) in try FoundCommand(words, searchPath: searchPath) }
    }

    fileprivate func supervisor(_ environment: CommandEnvironment) throws(Explanation) -> Supervisor {
        let killAfter = try explaining { () throws(UsageError) in try arguments.duration(of: .killAfter) }
        let onCancel = try cancellation(environment)
        do throws(FileError) {
            return try Supervisor(
                start: context.start,
                clock: context.clock,
                isRedacting: !arguments.isOn(.noRedact),
                ending: context.system.ending,
                killAfter: killAfter,
                onCancel: onCancel
            )
        } catch {
            throw Explanation(SupervisionError.resource(error))
        }
    }

    private func cancellation(_ environment: CommandEnvironment) throws(Explanation) -> FoundCommand? {
        guard let text = arguments.text(of: .onCancel) else { return nil }
        let words = ["sh", "-c", text].map { Array($0.utf8) }
        let searchPath = environment.inheritedValue(of: "PATH")
        return try explaining { () throws(CommandError) in try FoundCommand(words, searchPath: searchPath) }
    }
}

/// What a command is run with: all that can be wrong with it comes before anything is minted for it.
struct CommandPlan {
    let request: MintRequest
    let session: Session
    let variables: CommandVariables
    let command: FoundCommand
    let supervisor: Supervisor
    let options: CloudOptions

    init(_ exec: ExecCommand, _ report: inout CommandReport) throws(Explanation) {
        request = try MintRequest(exec.arguments, exec.context)
        session = try exec.arguments.session(in: exec.context) ?? .madeUp(exec.context.random)
        report.session = session.name
        variables = CommandVariables(exec.context)
        command = try exec.command(variables.environment)
        supervisor = try exec.supervisor(variables.environment)
        options = try explaining { () throws(UsageError) in try CloudOptions(exec.arguments) }
    }
}

/// The token of a command, and what the command is started with.
struct CommandToken: ~Copyable {
    let parent: Parent
    let access: CloudAccess
    let environment: CommandEnvironment
    let lease: MintedLease
}

extension ExitCode {
    /// What `exec` exits with for a failure of ours: scripts must be able to tell it from the command's own.
    ///
    /// A command that cannot be run, and a signal, are told as a shell does.
    var beforeCommand: ExitCode {
        [.notFound, .notExecutable].contains(self) || rawValue > ExitCode.ended(by: 0).rawValue ? self : .notStarted
    }
}

/// What unlocks the stack of a Pulumi command that was cut off.
private struct UnlockingLine {
    let text: String

    /// nil for a command that has nothing to do with Pulumi, as far as its words tell.
    init?(_ words: [String]) {
        guard words.contains(where: { $0.holds("pulumi") }) else { return nil }
        let option = words.firstIndex { $0 == "--stack" || $0 == "-s" }
        let next = option.flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
        let joined = words.first { $0.hasPrefix("--stack=") }.map { String($0.dropFirst("--stack=".count)) }
        text = "pulumi cancel --yes --stack \(next ?? joined ?? "STACK")"
    }
}

extension CancellationOutcome {
    /// Why it is not done.
    var reason: String {
        switch self {
        case .ended(.exited(let code)): "it exited with \(code)"
        case .ended(.killed(let signal)): "\(signalName(signal)) killed it"
        case .ranOutOfTime: "it did not finish in time"
        case .notStarted(let error): error.message
        }
    }
}
