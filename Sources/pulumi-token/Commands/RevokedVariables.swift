import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Secrets
import TokenLifecycle

/// The variables of the shell that runs `revoke`, as far as they are of a token that is over now.
///
/// A shell that sourced a token keeps nothing of the parent credential, so after the revocation it has no credential at
/// all.
struct RevokedVariables {
    private let environment: Environment
    /// The variables with the value of the token.
    private var values: [String] = []
    /// What an export adds to them.
    private var companions: [String] = []
    private var hasHelper = false
    /// Whether one of the tokens could not be revoked: a shell forgets it all the same.
    private var isStillValid = false

    init(in environment: Environment) {
        self.environment = environment
    }

    /// What became of a lease.
    mutating func note(_ lease: Lease, _ report: RevocationReport) {
        guard report.leftovers.isEmpty, report.disowned.isEmpty else { return }
        if case .notRevocable = report.over { isStillValid = true }
        if let fingerprint = lease.token?.fingerprint {
            values += environment.names.filter { name in
                VariableName.isWellFormed(name)
                    && environment.nonEmpty(name).map { Fingerprint(of: Secret($0), salt: lease.id) } == fingerprint
            }
        }
        note("PULUMI_ACCESS_TOKEN_ID") { $0 == lease.tokenID?.rawValue }
        let names = values
        note(Exporter.nameVariable) { names.contains($0) }
        note(Session.variable) { $0 == lease.session }
        if let folder = lease.folder { note("PULUMI_CREDENTIALS_PATH") { $0.hasPrefix(folder + "/") } }
    }

    /// What became of tokens that were named by ID, of which there may be records.
    mutating func note(_ report: RevocationReport, _ records: [Lease]) {
        for lease in records where report.ended.contains(where: { $0.id == lease.tokenID }) { note(lease, report) }
        note("PULUMI_ACCESS_TOKEN_ID") { id in report.ended.contains { $0.id.rawValue == id } }
    }

    /// The server of tokens that is asked on this socket is over.
    mutating func note(helperAt socket: String) {
        guard environment[HelperClient.variable] == socket else { return }
        hasHelper = true
        companions += [CredentialHelper.variable, CredentialHelper.argumentsVariable, HelperClient.variable]
        note(Session.variable) { _ in true }
        let folder = FilePath.directory(of: socket)
        note("PULUMI_CREDENTIALS_PATH") { $0.hasPrefix(folder + "/") }
    }

    private mutating func note(_ name: String, _ isOver: (String) -> Bool) {
        if let value = environment.nonEmpty(name), isOver(value) { companions.append(name) }
    }

    /// For people; nil when the shell has nothing of them.
    var sentence: String? {
        guard !isStillValid else { return nil }
        if !values.isEmpty {
            let names = Set(values).sorted()
            return "\(listed(names, before: "and")) \(names.count == 1 ? "is" : "are") the token that was revoked"
        }
        if hasHelper { return "\(CredentialHelper.variable) asks a helper that has ended" }
        return companions.contains("PULUMI_ACCESS_TOKEN_ID")
            ? "PULUMI_ACCESS_TOKEN_ID names the token that was revoked" : nil
    }

    /// What a shell has to forget.
    var names: [String] {
        let names = Set(values + companions)
        guard !names.isEmpty, environment["PULUMI_CREDENTIAL_HELPER"] == "none" else { return names.sorted() }
        return names.union(["PULUMI_CREDENTIAL_HELPER"]).sorted()
    }
}

/// `revoke --export shell`: what the shell that evaluates the output does after the revocation.
struct RevocationExport {
    private let shell: Shell
    private let output: StandardStream

    /// nil when nothing is to be printed.
    init?(_ arguments: Arguments, in context: Context) throws(Explanation) {
        // The variable is for `mint`, whose way to export is another.
        guard let value = arguments.value(of: .export), value.origin == .flag(Option.export.name) else { return nil }
        guard value.text == "shell" else { throw .revokeExports }
        self.init(arguments.text(of: .shell).flatMap(Shell.init) ?? .sh, context.standardOutput)
    }

    /// Of a command line that may be the very thing that is wrong; nil when it asks for no such thing.
    init?(_ words: [String], in context: Context) {
        let has = { (option: String, value: String) in
            words.contains("\(option)=\(value)") || zip(words, words.dropFirst()).contains { $0 == (option, value) }
        }
        guard has("--export", "shell") else { return nil }
        let shell = Shell.allCases.first { has("--shell", $0.rawValue) }
        self.init(shell ?? .sh, context.standardOutput)
    }

    private init(_ shell: Shell, _ output: StandardStream) {
        (self.shell, self.output) = (shell, output)
    }

    /// Commands that forget the variables.
    func forget(_ names: [String]) throws(Explanation) {
        let text = try explaining { () throws(ExportError) in try shell.text(unsetting: names) }
        try Printing.text(text, on: output)
    }

    /// A command that fails: the token may be valid, so the shell keeps what it has.
    func fail(_ code: ExitCode) {
        let command =
            switch shell {
            case .sh, .bash, .zsh: "(exit \(code.rawValue))\n"
            case .fish: "sh -c 'exit \(code.rawValue)'\n"
            case .pwsh: "$global:LASTEXITCODE = \(code.rawValue)\n"
            }
        try? Printing.text(command, on: output)
    }
}

extension Explanation {
    static let revokeExports = Explanation(
        .usage,
        "revoke can export only to shell",
        hint: "set --export to shell, or remove it"
    )
}
