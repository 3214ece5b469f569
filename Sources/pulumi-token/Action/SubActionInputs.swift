import HostSystem
import Secrets

/// The inputs of a sub-action, as the options of the command that it stands for.
///
/// Nothing else chooses an option.
enum SubActionInputs {
    /// The options that the sub-action of a command has as inputs, and the names of these.
    static func table(of command: Command) -> [(name: String, option: Option)] {
        Option.options(of: command).compactMap { option in
            // A step that was told to revoke, and could not, fails anyway.
            guard option != .failOnRevokeError else { return nil }
            return option.inputName.map { ($0, option) } ?? (option.group == .scope ? (option.name, option) : nil)
        }
    }

    static func arguments(of command: Command, in environment: Environment) throws(UsageError) -> Arguments {
        var arguments = Arguments()
        arguments.areInputs = true
        for (name, option) in table(of: command) {
            try ActionInputs.add(option, named: name, from: environment, to: &arguments)
        }
        arguments.runToken = ActionInputs.value(of: "github-token", in: environment)
            .flatMap { $0.isEmpty ? nil : Secret($0) }
        arguments.accessToken = ActionInputs.accessToken(in: environment)
        return arguments
    }

    /// The token IDs that the input `token-id` names; none when it is not set.
    ///
    /// - Throws: when it is empty, as the output of a step that did not mint is: that must not mean all tokens of the job.
    static func tokenIDs(in environment: Environment) throws(UsageError) -> [String] {
        let given = ActionInputs.value(of: "token-id", in: environment)
        guard let text = given, text != ActionInputs.unset else { return [] }
        let ids = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
        guard !ids.isEmpty else {
            throw UsageError(
                "the input token-id is empty",
                hint: "check the name of the output; an exchanged token has no ID, so skip this step for it"
            )
        }
        return ids
    }
}
