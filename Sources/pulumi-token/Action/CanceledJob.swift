import HostSystem
import Redaction
import Secrets
import Supervision
import TokenLifecycle

/// Runs what the input `on-cancel` says, with the token of a job that was canceled.
struct CanceledJob {
    private let context: Context
    private let inputs: ActionInputs

    init(_ inputs: ActionInputs, in context: Context) {
        (self.inputs, self.context) = (inputs, context)
    }

    /// - Parameter time: the most that it may take.
    func tidyUp(with stored: StoredLease, within time: Duration) {
        guard inputs.wasCanceled, let text = inputs.onCancel else { return }
        guard let token = stored.keptToken else {
            return context.console.warning(
                "the command of the input on-cancel was not run: the token is no longer available"
            )
        }
        context.console.hide(token)
        tidyUp(with: (token, stored.lease.variable ?? "PULUMI_ACCESS_TOKEN"), by: text, within: time)
    }

    /// The same where the Pulumi CLI asks the helper of the job.
    func tidyUp(within time: Duration) {
        guard inputs.wasCanceled, let text = inputs.onCancel else { return }
        tidyUp(with: nil, by: text, within: time)
    }

    private func tidyUp(with token: (value: Secret, variable: String)?, by text: String, within time: Duration) {
        do throws(Explanation) {
            let outcome = try run(text, token, within: time)
            guard !outcome.isDone else { return }
            context.console.warning("the command of the input on-cancel failed: \(outcome.reason)")
        } catch {
            context.console.warning("the command of the input on-cancel failed: \(error.message)", hint: error.hint)
        }
    }

    private func run(
        _ text: String,
        _ token: (value: Secret, variable: String)?,
        within time: Duration
    ) throws(Explanation) -> CancellationOutcome {
        var environment = inherited
        if let token { environment.set(token.variable, to: token.value) }
        let words = ["sh", "-c", text].map { Array($0.utf8) }
        let searchPath = environment.inheritedValue(of: "PATH")
        let found = try explaining { () throws(CommandError) in try FoundCommand(words, searchPath: searchPath) }
        let command = CancellationCommand(
            found,
            environment: environment,
            hiding: context.console.secrets
        )
        do throws(FileError) {
            return try command.run(start: context.start, clock: context.clock, within: time)
        } catch {
            throw Explanation(SupervisionError.resource(error))
        }
    }

    /// What a step of the workflow would have: no inputs and no state of ours, and not what minted.
    private var inherited: CommandEnvironment {
        let names = context.environment.names.filter { $0.hasPrefix("INPUT_") || $0.hasPrefix("STATE_") }
        let parent = ActionInputs.accessToken(in: context.environment)
        return CommandEnvironment(
            context.start.environment,
            withoutNames: Set(names),
            orValues: [parent].compactMap(\.self)
        )
    }
}
