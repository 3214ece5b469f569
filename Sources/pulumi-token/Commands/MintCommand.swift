import Credentials
import HostSystem
import Supervision
import TokenLifecycle

/// `pulumi-token mint`: mints, masks, exports, and leaves a lease.
struct MintCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        context.launcher.watch()
        guard !arguments.usesHelper else { return try runWithHelper() }
        var exporter = try Exporter(arguments, in: context)
        try exporter.check()
        try exporter.checkCapture()
        var request = try MintRequest(arguments, context)
        request.job = GuardedProcess.job(of: exporter.user)
        if arguments.isOn(.guarded) { request.guarded = guarded(by: exporter.user) }
        let session = try arguments.session(in: context) ?? .madeUp(context.random)
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let parent = try Parent.find(options, in: context)
        let minter = Minter(
            context,
            parent: parent,
            session: session,
            holder: .job,
            store: arguments.store(in: context)
        )
        do throws(LifecycleError) {
            let lease = try minter.mint(request, by: &exporter, within: context.budget(options.deadline))
            let minted = lease.minted
            let guardian = handOver(lease, until: request.guarded)
            MintText(minted).tell(on: context.console)
            tellOfJob(exporter.forms, minted, isGuarded: request.guarded != nil)
            tellOfCredential(parent.source, beside: exporter)
            _ = consume guardian
            return .done
        } catch {
            context.console.warn(of: error.leftovers, hint: Self.wayOut(session))
            guard exporter.hasPrinted else { throw error.explanation }
            context.console.error(error.explanation)
            return error.explanation.exitCode
        }
    }

    /// Says what the job, or a person, has to do where it would seem that nothing is left to do.
    private func tellOfJob(_ forms: [ExportForm], _ minted: Minted, isGuarded: Bool) {
        if forms.contains(.github), minted.isRevocable, !isGuarded {
            context.console.notice(
                "nothing revokes this token when the job ends; run pulumi-token revoke in a step with if: always(), "
                    + "or use the action"
            )
        }
        let isScript = forms.contains { if case .file = $0 { true } else { false } }
        if isScript, context.standardOutput.isTerminal {
            context.console.info("this shell does not have the token yet; source that path, as in . PATH")
        }
    }

    /// Says that later commands of the shell find the credential where they look for a token first.
    private func tellOfCredential(_ source: CredentialSource, beside exporter: Exporter) {
        // Azure's steps have the secrets that each of them names.
        guard case .variable(_, let name) = source, !exporter.names.contains(name), !exporter.forms.contains(.azure)
        else { return }
        context.console.notice("\(name) still contains the parent credential; unset it where only the token is needed")
    }

    /// Gives the token to the job.
    ///
    /// - Returns: a guardian that is not needed any more.
    private func handOver(_ lease: consuming MintedLease, until process: WatchedProcess?) -> DismissedGuardian? {
        guard let process else { return lease.handOver() }
        guard !lease.handOver(until: process) else { return nil }
        context.console.warning(
            "no guardian could be started, so without pulumi-token revoke the token is valid until it expires"
        )
        return nil
    }

    /// The process until whose end the token is guarded; nil where none is visible.
    private func guarded(by user: TokenUser) -> WatchedProcess? {
        guard let process = GuardedProcess.find(for: user) else {
            context.console.notice("no process of the job is visible from here, so no guardian stays for it")
            return nil
        }
        return process
    }

    /// Who tries again to revoke what a failed mint left.
    static func wayOut(_ session: Session) -> String {
        "run pulumi-token revoke" + (session.isMadeUp ? " --session \(session.name)" : "") + " to try again"
    }
}

/// What people are told of a mint.
struct MintText {
    /// Hardly a job takes longer, in seconds.
    private static let long: Int64 = 86400

    private let minted: Minted

    init(_ minted: Minted) {
        self.minted = minted
    }

    func tell(on console: Console) {
        console.info(sentence)
        guard minted.lifetime > Self.long else { return }
        console.notice("the token is valid for more than 24 hours; set --ttl to what the job takes")
    }

    var sentence: String {
        let life = "expires \(Moment(minted.expires)), in \(TimeSpan(seconds: minted.lifetime))"
        return minted.id.map { "minted \($0), \(life)" } ?? "exchanged a token that cannot be revoked, \(life)"
    }

    /// In words and in UTC.
    var expiry: String {
        "in \(TimeSpan(seconds: minted.lifetime)) (\(Moment(minted.expires)))"
    }
}

extension Console {
    /// Names what may still be valid.
    func warn(of leftovers: [Leftover], hint: String? = nil) {
        for leftover in leftovers { warning("not revoked: \(leftover.sentence)", hint: hint) }
    }
}
