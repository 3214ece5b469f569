/// One option, described once: help, man page, completions, variables and the action's inputs follow from it.
struct Option: Sendable, Hashable {
    /// Under which heading help shows it.
    enum Group: String, CaseIterable, Sendable {
        case token = "Token"
        case handover = "Export"
        case credential = "Parent credential"
        case identity = "OIDC instead of a stored secret"
        case cloud = "Pulumi Cloud"
        case lease = "Lease"
        case scope = "Scope"
        case output = "Output"
    }

    enum Value: Sendable, Hashable {
        /// Present or not; `true` or `false`, also as `1` or `0`, in its variable.
        case none
        case text(placeholder: String)
        /// One of a few words.
        case choice(placeholder: String, [String])
        /// May be repeated; commas separate several values in one, and in its variable.
        case list(placeholder: String)
    }

    /// Whether the GitHub action has it as an input.
    enum Input: Sendable, Hashable {
        case none
        /// Under the same name.
        case same
        /// A switch that the action turns around: `isolate` for `--no-isolate`.
        case opposite(String)
    }

    var name: String
    var short: Character?
    var value: Value
    var group: Group
    var commands: [Command]
    /// One or two sentences without a full stop at the end.
    var help: String
    /// What holds without it, for help; nil for off or unset.
    var fallback: String?
    var input: Input = .none
    /// Whether there is a variable for it.
    var hasVariable = true

    static func == (left: Option, right: Option) -> Bool { left.name == right.name }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// `PULUMI_TOKEN_TTL` for `--ttl`.
    var variable: String {
        "PULUMI_TOKEN_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The name of the action's input; nil when there is none.
    var inputName: String? {
        switch input {
        case .none: nil
        case .same: name
        case .opposite(let name): name
        }
    }

    /// Other ways to say the same thing, of which only one may be used.
    var alternatives: [Option] {
        switch self {
        case .ttl: [.expires]
        case .expires: [.ttl]
        default: []
        }
    }

    /// Whether it says which credential is used, so that an empty value is not an absent one.
    var namesCredential: Bool {
        [.accessTokenFile, .oidcOrganization, .oidcTokenFile, .oidcTokenVariable].contains(self)
    }

    var placeholder: String? {
        switch value {
        case .none: nil
        case .text(let placeholder), .choice(let placeholder, _), .list(let placeholder): placeholder
        }
    }

    var choices: [String] {
        guard case .choice(_, let words) = value else { return [] }
        return words
    }
}
