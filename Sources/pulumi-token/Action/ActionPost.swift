import CISystems
import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// The post stage of the GitHub action: revokes, and fails the job only when it was asked to.
struct ActionPost {
    private let context: Context
    private let console: Console

    init(_ context: Context, _ console: Console) {
        var context = context
        context.environment = ActionState.trustedEnvironment(context.environment) { names in
            console.warning("\(names.joined(separator: ", ")) changed since the token was minted, so it is not used")
        }
        self.context = context
        self.console = console
    }

    func run() throws(Explanation) -> ExitCode {
        let lease: Lease
        do throws(Explanation) {
            guard let saved = try ActionState.lease(in: context.environment) else {
                console.info("nothing was minted, so there is nothing to revoke")
                return .done
            }
            lease = saved
        } catch {
            console.warning(error.message, hint: error.hint)
            return .done
        }
        let inputs = try explaining { () throws(UsageError) in try ActionInputs(context.environment) }
        do throws(Explanation) {
            return try end(lease, inputs)
        } catch {
            guard context.interruption.signal == nil, !inputs.arguments.isOn(.failOnRevokeError) else { throw error }
            console.warning(error.message, hint: error.hint)
            return .done
        }
    }

    private func end(_ lease: Lease, _ inputs: ActionInputs) throws(Explanation) -> ExitCode {
        guard inputs.revokes else {
            console.info("the token lives until \(Moment(lease.lastExpiry)), as the input revoke says")
            return .done
        }
        let door = try CloudDoor(inputs.arguments, context, console)
        let cloud = try door.choice()
        guard lease.cloud == cloud.url.text else {
            throw Explanation(ToolError.leaseOfAnotherCloud(cloud: "\(cloud.url)"))
        }
        let ending = LeaseEnding(context: context, console: console, door: door, cloud: cloud)
        let code = try ending.end([FoundLease(lease, in: [LeasePlaces(context).user])])
        if inputs.writesSummary { summarise(lease, code) }
        return inputs.arguments.isOn(.failOnRevokeError) ? code : .done
    }

    private func summarise(_ lease: Lease, _ code: ExitCode) {
        let outcome =
            if !lease.isRevocable { "cannot be revoked, ends \(Moment(lease.lastExpiry))" } else if code == .done {
                "revoked"
            } else { "**not revoked**: it may live until \(Moment(lease.lastExpiry))" }
        JobSummary(context, console).write(
            code == .done ? "Pulumi token ended" : "Pulumi token not revoked",
            [("Token", lease.tokenID?.rawValue ?? "unknown"), ("Outcome", outcome)]
        )
    }
}
