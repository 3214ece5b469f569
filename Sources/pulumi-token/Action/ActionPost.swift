import CISystems
import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// The post step of the GitHub action: revokes, and fails the job only when it was asked to.
struct ActionPost {
    private(set) var context: Context

    init(_ context: Context) {
        var context = context
        let console = context.console
        context.environment = ActionState.trustedEnvironment(context.environment) { names in
            let list = names.joined(separator: ", ")
            console.notice("\(list) changed after the mint; the settings of the mint are used")
        }
        self.context = context
    }

    mutating func run() throws(Explanation) -> ExitCode {
        let lease: Lease
        do throws(Explanation) {
            guard let saved = try ActionState.lease(in: context.environment) else {
                if let helper = ActionState.helper(in: context.environment) { return try run(helper) }
                context.console.info("nothing was minted, so there is nothing to revoke")
                return .done
            }
            lease = saved
        } catch {
            context.console.warning(error.message, hint: error.hint)
            return .done
        }
        let inputs = try inputs()
        do throws(LifecycleError) {
            return try revoke(lease, inputs)
        } catch {
            LeaseStore(context).adopt(lease).removeFiles()
            context.console.warn(of: error.leftovers)
            if inputs.writesSummary, !error.leftovers.isEmpty { summarize(lease, error.explanation.exitCode, nil) }
            return try conclude(with: error.explanation, inputs)
        }
    }

    /// The inputs, of which none keeps the token from being revoked.
    func inputs() throws(Explanation) -> ActionInputs {
        try explaining { () throws(UsageError) in
            try ActionInputs(context.environment) { error in
                context.console.warning("\(error.message); its default is used", hint: error.hint)
            }
        }
    }

    /// Fails the job only when it was asked to, or is being stopped.
    func conclude(with error: Explanation, _ inputs: ActionInputs) throws(Explanation) -> ExitCode {
        guard context.interruption.signal == nil, !inputs.arguments.isOn(.failOnRevokeError) else { throw error }
        context.console.warning(error.message, hint: error.hint)
        return .done
    }

    mutating func tell(_ inputs: ActionInputs) throws(Explanation) {
        context.trail = try Trail(inputs.arguments, in: context, mustWork: false)
    }

    private mutating func revoke(_ lease: Lease, _ inputs: ActionInputs) throws(LifecycleError) -> ExitCode {
        guard inputs.revokes else {
            let expiry = Moment(lease.lastExpiry)
            context.console.info("the token is valid until \(expiry), because the input revoke is false")
            return .done
        }
        let options: CloudOptions
        let cloud: CloudChoice
        do throws(Explanation) {
            try tell(inputs)
            options = try explaining { () throws(UsageError) in try CloudOptions(inputs.arguments) }
            // The project was looked at before the mint; what a checkout has brought since does not change the token's
            // cloud.
            cloud = try CloudChoice.chooseForAction(options.cloudURL)
            guard lease.cloud == cloud.url.text else { throw .otherCloud("\(cloud.url)") }
        } catch {
            throw LifecycleError(error, leftovers: [Leftover(tokenID: lease.tokenID, expires: lease.lastExpiry)])
        }
        let stored = LeaseStore(context).adopt(lease)
        CanceledJob(inputs, in: context).tidyUp(with: stored, within: options.deadline / 2)
        let budget = context.budget(options.deadline)
        var revoker = Revoker(options, in: cloud, context: context, within: budget)
        let reports = try revoker.revoke([stored], isPatient: true)
        let code = RevocationText(context.console, explain: revoker.explain).tell(reports)
        if let signal = budget.signal { throw LifecycleError(.interrupted(by: signal)) }
        if inputs.writesSummary { summarize(lease, code, reports.first?.expired) }
        guard code != .done, inputs.arguments.isOn(.failOnRevokeError) else { return .done }
        throw LifecycleError(.notRevoked(code))
    }

    private func summarize(_ lease: Lease, _ code: ExitCode, _ expiry: RevocationReport.Expiry?) {
        let outcome =
            if let expiry {
                expiry.sentence(before: "the job", option: "the input ttl")
            } else if !lease.isRevocable {
                "cannot be revoked, expires \(Moment(lease.lastExpiry))"
            } else if code == .done {
                "revoked"
            } else {
                "**not revoked**: it might be valid until \(Moment(lease.lastExpiry))"
            }
        let title =
            if expiry != nil {
                "Pulumi token expired"
            } else if code == .done, lease.isRevocable {
                "Pulumi token revoked"
            } else {
                "Pulumi token not revoked"
            }
        JobSummary(context).write(
            title,
            [("Token", lease.tokenID?.rawValue ?? "unknown"), ("Outcome", outcome)]
        )
    }
}

extension Explanation {
    /// Beside the warnings that say of which token and why: a step that fails has an error.
    static func notRevoked(_ code: ExitCode) -> Explanation {
        Explanation(
            code,
            "the token was not revoked",
            hint: "check the warning above, or remove fail-on-revoke-error to let the job succeed"
        )
    }

    static func otherCloud(_ cloud: String) -> Explanation {
        Explanation(
            .failed,
            "cannot revoke: the lease record is not for \(cloud)",
            hint: "set the input cloud-url to the same value for the main step and the post step"
        )
    }
}
