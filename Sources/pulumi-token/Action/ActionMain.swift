import CISystems
import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// The main step of the GitHub action: mints and exports to later steps.
struct ActionMain {
    private(set) var context: Context

    init(_ context: Context) {
        self.context = context
    }

    mutating func run() throws(Explanation) -> ExitCode {
        // The launcher may be killed while we go on: then the post step, which knows less, must not be too early.
        context.launcher.watch()
        let state = try ActionState.begin(context)
        let inputs = try explaining { () throws(UsageError) in try ActionInputs(context.environment) }
        try explaining { () throws(UsageError) in try inputs.checkOnCancel() }
        context.trail = try Trail(inputs.arguments, in: context, mustWork: true)
        if let folder = inputs.workFolder { context.workingFolder = try self.folder(folder) }
        var request = try MintRequest(inputs.arguments, context)
        request.keepsToken = inputs.onCancel != nil
        (request.job, request.outlivesJob) = (GuardedProcess.job(of: .job), !inputs.revokes)
        let forms: [ExportForm] = inputs.exportsEnvironment ? [.outputs, .github] : [.outputs]
        var exporter = Exporter(forms, to: try Exporter.names(inputs.arguments), in: context)
        try exporter.check()
        let options = try explaining { () throws(UsageError) in try CloudOptions(inputs.arguments) }
        try checkBackend(options)
        if inputs.installs { try Installation(in: context).run() }
        guard !inputs.arguments.usesHelper else { return try runWithHelper(request, inputs, options, state) }
        let parent = try Parent.find(options, in: context)
        let session = context.system.sessionID.map { Session(named: $0, isImplied: true) } ?? .madeUp(context.random)
        let minter = Minter(
            context,
            parent: parent,
            session: session,
            holder: .action,
            store: LeaseStore(context, state: state)
        )
        let budget = context.budget(options.deadline)
        let access = try minter.open(for: request, within: budget)
        if inputs.exportsEnvironment { warnOfCredential(parent.source, beside: exporter.names) }
        context.console.info("the token is for \(parent.cloud.url)")
        let lease: MintedLease
        do throws(LifecycleError) {
            lease = try minter.mint(request, with: access, by: &exporter, within: budget)
        } catch {
            context.console.warn(of: error.leftovers, hint: "the post step tries again")
            throw error.explanation
        }
        let minted = lease.minted
        let guardian = lease.handOver()
        MintText(minted).tell(on: context.console)
        if inputs.writesSummary { summarize(minted, inputs) }
        _ = consume guardian
        return .done
    }

    /// The folder of the project, absolute.
    private func folder(_ text: String) throws(Explanation) -> String {
        let path = text.hasPrefix("/") ? text : context.workingFolder.map { "\($0)/\(text)" }
        guard let path, (try? PrivateFolder.names(in: path)) != nil else { throw .noWorkFolder(text) }
        return physicalPath(path)
    }

    /// The job's own Pulumi must not talk to another backend than the one that the token is of.
    private func checkBackend(_ options: CloudOptions) throws(Explanation) {
        // A DIY backend has no tokens, so it stays beside whichever cloud.
        guard let text = context.environment.nonEmpty("PULUMI_BACKEND_URL"), !CloudURL.isDIY(text) else { return }
        let choice = try Parent.choose(options, in: context)
        guard !choice.isAt(text) else { return }
        throw .otherBackend(cloud: "\(choice.url)")
    }

    /// The post step would find the minted token where the credential was; or later steps the credential.
    private func warnOfCredential(_ source: CredentialSource, beside names: [String]) {
        guard case .variable(_, let name) = source else { return }
        context.console.warning(
            names.contains(name)
                ? "the minted token replaces the parent credential in \(name) for the rest of the job, post step included"
                : "\(name) still contains the parent credential in every step that the workflow sets it for",
            hint: "set the input access-token instead"
        )
    }

    func summarize(_ minted: Minted, _ inputs: ActionInputs) {
        let end =
            if !minted.isRevocable {
                "never: an exchanged token cannot be revoked"
            } else if inputs.revokes {
                "when the job ends"
            } else {
                "never, because the input `revoke` is false"
            }
        JobSummary(context).write(
            "Pulumi token minted",
            [
                ("Token", minted.id?.rawValue ?? "an exchanged token without an ID"),
                ("Description", minted.description),
                ("Kind", minted.kind.name),
                ("Expires", MintText(minted).expiry),
                ("Revoked", end),
            ]
        )
    }
}

extension Explanation {
    static func noWorkFolder(_ path: String) -> Explanation {
        Explanation(
            .usage,
            "invalid value for the input work-dir: \(quoted(path)) is not a directory",
            hint: "use a path from the workspace, and check out the repository before this step"
        )
    }

    static func otherBackend(cloud: String) -> Explanation {
        Explanation(
            .usage,
            "PULUMI_BACKEND_URL names another backend than \(cloud)",
            hint: "set the input cloud-url to the Pulumi Cloud that the job uses"
        )
    }
}
