import CISystems
import HostSystem
import Secrets
import TokenLifecycle

/// Whom `--finished` asks, and with what.
extension FinishedRuns {
    init(
        _ arguments: Arguments,
        _ options: CloudOptions,
        within budget: TimeBudget,
        in context: Context
    ) throws(Explanation) {
        guard let service = context.system.runs else { throw .noRunService }
        let named = arguments.text(of: .runTokenVariable)
        let variable = named ?? service.tokenVariable
        let token = arguments.runToken ?? context.environment.nonEmpty(variable).map { Secret($0) }
        guard let token else { throw .noRunToken(variable: variable, isDefault: named == nil) }
        self.init(
            service,
            token: token,
            isOfJob: named == nil || named == service.tokenVariable,
            timeout: options.timeout,
            within: budget,
            in: context
        )
    }
}
