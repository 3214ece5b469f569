import CISystems
import HostSystem
import Secrets
import Supervision
import TokenLifecycle

/// The variables of the command that `exec` runs.
struct CommandVariables {
    private let context: Context

    init(_ context: Context) {
        self.context = context
    }

    /// What the command inherits, before it is known what it must not.
    var environment: CommandEnvironment { environment(withoutValues: []) }

    /// What the command inherits: all but our own options and, under whatever name, what mints.
    ///
    /// The values that it must not have are overwritten in our own block too, because `/proc` shows that for as long as
    /// the command runs.
    func without(_ secrets: [Secret]) -> CommandEnvironment {
        let environment = environment(withoutValues: secrets)
        context.start.environment.overwriteValues { value in secrets.contains { $0.isValue(value) } }
        return environment
    }

    private func environment(withoutValues secrets: [Secret]) -> CommandEnvironment {
        let options = Option.table.filter(\.hasVariable).map(\.variable)
        return CommandEnvironment(context.start.environment, withoutNames: Set(options), orValues: secrets)
    }
}

extension CommandEnvironment {
    /// With the token and what comes with it.
    func adding(_ variables: [ExportedVariable]) -> CommandEnvironment {
        variables.reduce(into: self) { environment, variable in
            switch variable.value {
            case .secret(let secret): environment.set(variable.name, to: secret)
            case .plain(let text): environment.set(variable.name, to: Secret(text))
            }
        }
    }
}
