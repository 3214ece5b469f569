package import CISystems
package import HostSystem

/// A program of the job that the Pulumi CLI asks for a credential: it beats the token in `PULUMI_ACCESS_TOKEN`.
package struct CredentialHelper: Equatable, Sendable {
    /// Who names it.
    package enum Origin: Equatable, Sendable {
        case variable
        /// `pulumi login`; the file.
        case login(String)
        /// It lies in the folder of the CLI's own program, or in one of `PATH`.
        case lookup
    }

    package static let variable = "PULUMI_CREDENTIAL_HELPER"
    /// A JSON array of strings.
    package static let argumentsVariable = "PULUMI_CREDENTIAL_HELPER_ARGS"
    private static let name = "pulumi-credential-helper"

    package var program: String
    package var origin: Origin

    /// The helper that the CLI would ask, in its order; nil when there is none or it is switched off.
    package static func find(
        in environment: Environment,
        login: PulumiLogin?,
        files: FileProbe = .system
    ) -> CredentialHelper? {
        if let named = environment.nonEmpty(variable) {
            return named == "none" ? nil : CredentialHelper(program: named, origin: .variable)
        }
        if let login, let saved = login.credentialHelper {
            return CredentialHelper(program: saved, origin: .login(login.path))
        }
        let path = environment["PATH"]
        let beside = files.program("pulumi", onPath: path).map { FilePath.directory(of: physicalPath($0)) + "/" + name }
        let found = [beside.flatMap { files.isExecutable($0) ? $0 : nil }, files.program(name, onPath: path)]
        return found.compactMap(\.self).first.map { CredentialHelper(program: $0, origin: .lookup) }
    }

    /// For people, as a noun.
    package var sentence: String {
        switch origin {
        case .variable: "the helper that \(Self.variable) names"
        case .login(let path): "the helper that pulumi login saved in \(path)"
        case .lookup: "the helper \(program)"
        }
    }
}
