import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import Supervision
import TokenLifecycle

/// `pulumi-token exec --helper`: the command gets no token, but a helper that its Pulumi CLI asks for one.
extension ExecCommand {
    func runWithHelper(_ report: inout CommandReport) throws(Explanation) -> ExitCode {
        try explaining { () throws(UsageError) in try arguments.checkHelper() }
        let plan = try CommandPlan(self, &report)
        let (session, options, isIsolated) = (plan.session, plan.options, plan.request.isIsolated)
        let (parent, place) = try HelperEnvironment.prepare(options, session, isIsolated: isIsolated, in: context)
        defer { place.remove() }
        // The libraries must not start on a thread.
        CurlTransport.prepareProcess()

        let server = try server(at: place)
        let minter = Minter(
            server.context,
            parent: parent,
            session: session,
            holder: .supervisor,
            store: arguments.store(in: context)
        )
        var environment = plan.variables.without(parent.source.secretsInVariables(of: context.environment))
        environment.remove("PULUMI_ACCESS_TOKEN")
        environment = environment.adding(place.variables)
        var running = try start(plan, environment, server, minter, place)
        let limit = running.awaitEnd { server.guards($0) }
        let isRunning = running.isRunning
        context.console.release()
        context.console.begin(LogSection("revoke the Pulumi token", in: context))
        if isRunning {
            context.console.notice("revoking the tokens of a command that is still running: its time is up")
        }
        let kind = plan.request.kind ?? parent.source.kind
        let deadline = min(limit ?? options.deadline, options.deadline)
        let ending = end(server, of: kind, within: deadline, besideCommand: isRunning, &report)
        let outcome = running.finish()
        if !ending.wasAsked, outcome.exitCode != .done, outcome.cancellation == nil { tellOfOldVersions() }
        return end(outcome, ending.code, report)
    }

    private func server(at place: HelperEnvironment) throws(Explanation) -> HelperServer {
        do throws(FileError) { return try HelperServer(at: place.socket, in: context) } catch { throw .noSocket(error) }
    }

    private func start(
        _ plan: CommandPlan,
        _ environment: CommandEnvironment,
        _ server: HelperServer,
        _ minter: Minter,
        _ place: HelperEnvironment
    ) throws(Explanation) -> SupervisedCommand {
        context.console.endSection()
        let console = context.console
        // What is minted while the command runs is told when it has ended: the log and the terminal are the command's.
        console.hold()
        do throws(SupervisionError) {
            let prepared = try plan.supervisor.prepare(plan.command, environment: environment, hiding: console.secrets)
            var request = plan.request
            // The directory is of all tokens together.
            request.isIsolated = false
            request.helper = place.folder.path
            let pool = TokenPool(minter, request, for: prepared.identity) { console.info(MintText($0).sentence) }
            do throws(FileError) { try server.start(pool) } catch { throw .resource(error) }
            return try prepared.start()
        } catch {
            _ = server.stop(within: Self.shortDeadline)
            console.release()
            throw Explanation(error)
        }
    }

    /// - Parameter isCommandRunning: signals are the command's then, and wait for it.
    private func end(
        _ server: HelperServer,
        of kind: TokenKind,
        within deadline: Duration,
        besideCommand isCommandRunning: Bool,
        _ told: inout CommandReport
    ) -> (code: ExitCode, wasAsked: Bool) {
        if isCommandRunning { context.interruption.suspend() }
        defer { context.interruption.resume() }
        let budget = context.budget(deadline).forUndoing()
        guard let pool = server.stop(within: deadline) else {
            context.console.warning("a mint is still under way; its token is revoked in the background")
            return (.unavailable, true)
        }
        let wasAsked = pool.wasAsked
        context.console.warn(of: pool.leftovers)
        let lost = Explanation(.unavailable, RevocationReport.notListedYet)
        told.rows.add(pool.leftovers, kind: kind, session: told.session ?? "", because: lost)
        let reports = pool.close(in: context, within: budget)
        for report in reports {
            told.rows.add(report, kind: kind, session: told.session) { Explanation(explaining: $0) }
        }
        let text = RevocationText(context.console) { Explanation(explaining: $0) }
        return (text.tell(reports), wasAsked)
    }

    /// An older Pulumi CLI knows of no helper, and says only that it has no token.
    private func tellOfOldVersions() {
        context.console.notice(
            "the command did not ask for a token; the Pulumi CLI asks since version \(HelperEnvironment.firstVersion), "
                + "as pulumi version shows it"
        )
    }
}
