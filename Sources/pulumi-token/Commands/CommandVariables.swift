import CISystems
import Credentials
import HostSystem
import Secrets
import Supervision
import TokenLifecycle

/// The variables of the command that `exec` runs.
struct CommandVariables {
    let session: Session
    private let names: [String]
    private let context: Context

    init(_ arguments: Arguments, _ context: Context) throws(Explanation) {
        names = try HandoverChoice.names(arguments)
        session = try Session.current(arguments, context) ?? .madeUp(context.random)
        self.context = context
    }

    /// What the command inherits, before it is known what it must not.
    var environment: CommandEnvironment { environment(withoutValues: []) }

    /// What the command inherits: all but our own options and, under whatever name, what minted.
    ///
    /// The values that it must not have are overwritten in our own block too, because `/proc` shows that for as long as
    /// the command runs.
    func withoutSecrets(of access: CloudAccess) -> CommandEnvironment {
        let secrets = access.secretsInVariables(of: context.environment)
        let environment = environment(withoutValues: secrets)
        context.start.environment.overwriteValues { value in secrets.contains { $0.isValue(value) } }
        return environment
    }

    /// Adds the token and what surrounds it.
    func adding(_ issued: Issuing.Issued, to inherited: CommandEnvironment) -> CommandEnvironment {
        var environment = inherited
        let handover = Handover(.nothing, for: .sh, to: names, in: context)
        for variable in handover.variables(for: issued.minted, issued.surroundings) {
            switch variable.value {
            case .secret(let secret): environment.set(variable.name, to: secret)
            case .plain(let text): environment.set(variable.name, to: Secret(text))
            }
        }
        environment.set(Session.variable, to: Secret(session.name))
        return environment
    }

    private func environment(withoutValues secrets: [Secret]) -> CommandEnvironment {
        let options = Option.table.filter(\.hasVariable).map(\.variable)
        return CommandEnvironment(context.start.environment, withoutNames: Set(options), orValues: secrets)
    }
}
