package import Secrets

/// Azure's logging commands.
///
/// Secret variables reach a step only through its `env:`.
package enum AzureExport {
    /// Lines for standard error, where the masks went: the order holds within one stream only.
    ///
    /// Each secret is masked before it is named a second time.
    package static func text(of variables: [ExportedVariable]) throws(ExportError) -> Secret {
        for variable in variables { try check(variable) }
        return Secret { sink in
            for case .secret(let value) in variables.map(\.value) {
                for line in azureSetSecretLines(for: value) { sink.append(line) }
            }
            for variable in variables {
                let secrecy = variable.value.isSecret ? ";issecret=true" : ""
                sink.append("##vso[task.setvariable variable=\(variable.name)\(secrecy)]")
                sink.append(variable.value)
                sink.append(.lineFeed)
            }
        }
    }

    /// The agent throws at a secret of several lines, and prints it.
    private static func check(_ variable: ExportedVariable) throws(ExportError) {
        guard VariableName.isWellFormed(variable.name) else { throw .unusableName(variable.name, .malformed) }
        if let reason = problem(with: variable.value) {
            throw .unrepresentable(name: variable.name, format: "a logging command of Azure", reason: reason)
        }
    }

    private static func problem(with value: ExportedVariable.Value) -> String? {
        if value.spansLines { return "it has several lines" }
        if value.contains(0) { return "it contains a NUL byte" }
        if value.isSecret && value.count == 0 { return "it is empty" }
        return value.withBytes(isPlainForAzure) ? nil : "it contains an escape sequence of the Azure agent"
    }
}
