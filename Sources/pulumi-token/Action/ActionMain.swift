import CISystems
import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// The main stage of the GitHub action: mints and hands over to later steps.
struct ActionMain {
    private let context: Context
    private let console: Console

    init(_ context: Context, _ console: Console) {
        self.context = context
        self.console = console
    }

    func run() throws(Explanation) -> ExitCode {
        // The launcher may be killed while we go on: then the post stage, which knows less, must not be too early.
        context.parent.watch()
        let state = try ActionState.begin(context)
        let inputs = try explaining { () throws(UsageError) in try ActionInputs(context.environment) }
        let order = try explaining { () throws(UsageError) in try MintOrder(inputs.arguments, context) }
        let delivery = try ActionDelivery(inputs, context)
        try checkBackend(inputs)
        let minter = try Minter(inputs.arguments, context, console)
        let session = context.system.sessionID.map { Session(named: $0) } ?? .madeUp(context.random)
        let access = try minter.access(for: order)
        if inputs.exportsEnvironment { try warnOfReplacement(of: access.source, inputs) }
        let issued: Issuing.Issued
        do throws(LifecycleError) {
            issued = try minter.issue(
                order,
                with: access,
                for: session,
                heldBy: .action,
                in: CopiedRecords(state, copy: LeasePlaces(context).user),
                isIsolated: inputs.exportsEnvironment && !inputs.arguments.isOn(.noIsolate),
                needsFolder: false
            ) { minted, surroundings throws(Explanation) in
                try delivery.carryOut(minted, surroundings)
            }
        } catch {
            throw error.explanation
        }
        let news = MintNews(issued.minted)
        console.info(news.sentence)
        if inputs.writesSummary { summarise(issued.minted, inputs, news) }
        return .done
    }

    /// The job's own Pulumi must not talk to another backend than the one that the token is of.
    private func checkBackend(_ inputs: ActionInputs) throws(Explanation) {
        guard let text = context.environment.nonEmpty("PULUMI_BACKEND_URL") else { return }
        let choice = try CloudChoice.chooseForAction(inputs.arguments.value(of: .cloudURL)?.named)
        guard !choice.isAt(text) else { return }
        throw Explanation(ToolError.otherBackend(cloud: "\(choice.url)"))
    }

    /// The post stage would find the minted token where the credential was.
    private func warnOfReplacement(of source: CredentialSource, _ inputs: ActionInputs) throws(Explanation) {
        guard case .variable(_, let name) = source, try HandoverChoice.names(inputs.arguments).contains(name) else {
            return
        }
        console.warning(
            "the minted token replaces the credential in \(name), for the end of the job too",
            hint: "give the credential by the input access-token"
        )
    }

    private func summarise(_ minted: Minted, _ inputs: ActionInputs, _ news: MintNews) {
        let end =
            if !minted.isRevocable { "by itself only: an exchanged token cannot be revoked" } else if inputs.revokes {
                "revoked when the job is over"
            } else { "by itself only, as the input `revoke` says" }
        JobSummary(context, console).write(
            "Pulumi token minted",
            [
                ("Token", minted.id?.rawValue ?? "an exchanged token without an id"),
                ("Description", minted.description),
                ("Expires", news.expiry),
                ("Ends", end),
            ]
        )
    }
}
