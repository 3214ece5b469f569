import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Secrets
import Supervision
import TokenLifecycle

/// The main step with the input `helper`: later steps get no token, but a helper that their Pulumi CLI asks for one.
extension ActionMain {
    /// - Parameter state: where post learns of the server, written before that is started.
    func runWithHelper(
        _ request: MintRequest,
        _ inputs: ActionInputs,
        _ options: CloudOptions,
        _ state: EnvironmentFile
    ) throws(Explanation) -> ExitCode {
        try explaining { () throws(UsageError) in try inputs.checkHelper() }
        let budget = context.budget(options.deadline)
        let session = Session.madeUp(context.random)
        let isIsolated = request.isIsolated
        let (parent, place) = try HelperEnvironment.prepare(options, session, isIsolated: isIsolated, in: context)
        context.console.info(parent.source.sentence)
        context.console.info("the tokens are for \(parent.cloud.url)")
        let saved = SavedHelper(
            session: session.name,
            folder: place.folder.path,
            cloud: parent.cloud.url.text,
            kind: request.kind ?? parent.source.kind
        )
        do throws(Explanation) {
            try ActionState.save(saved, in: state, context)
            let minted = try serve(request, session, parent, at: place, tag: saved.run, within: budget)
            MintText(minted).tell(on: context.console)
            if inputs.writesSummary { summarize(minted, inputs) }
        } catch {
            // The server, if there is one, ends with us, and revokes.
            place.remove()
            throw error
        }
        return .done
    }

    /// - Returns: the first token, which no later step gets from here.
    private func serve(
        _ request: MintRequest,
        _ session: Session,
        _ parent: Parent,
        at place: HelperEnvironment,
        tag: RunTag,
        within budget: TimeBudget
    ) throws(Explanation) -> Minted {
        let process = GuardedProcess.job(of: .job)
        let helper = try HelperProcess.start(
            request,
            session,
            parent,
            at: place,
            run: tag,
            endsWith: process,
            awaitsShell: false,
            in: context
        )
        let first = try HelperClient(place.socket, within: budget).ask(CredentialRequest(.initial))
        guard case .token(let token, let expires, _) = first else { throw .silentHelper }
        // In this log and in those of later steps; one that replaces it is hidden by the filter of the CLI alone.
        try context.mask(token, within: budget)
        let minted = try minted(session, expires: expires)
        try export(place.variables, minted)
        if let signal = budget.signal { throw .interrupted(by: signal) }
        guard helper.release() else { throw .lostHelper }
        return minted
    }

    /// What the record of the first token says of it.
    private func minted(_ session: Session, expires: Int64) throws(Explanation) -> Minted {
        let found = try? LeaseStore(context).leases(of: session)
        let life = expires - context.clock.unixTime()
        guard let lease = found?.leases.first?.lease, let minted = Minted(of: lease, lifetime: life) else {
            throw .lostHelper
        }
        return minted
    }

    private func export(_ variables: [ExportedVariable], _ minted: Minted) throws(Explanation) {
        try explaining { () throws(ExportError) in
            guard let files = context.system.environmentFiles else { throw .missingVariable("GITHUB_ENV") }
            try files.file(for: .output).append(minted.outputs, randomness: context.random)
            try files.file(for: .environment).append(variables, randomness: context.random)
        }
    }
}
