package import CISystems
package import HostSystem
package import PulumiCloud
package import Secrets

/// Where the credential that mints comes from.
package enum CredentialSource: Sendable {
    /// A value from an option, an input, a variable or a file, and the place that messages name.
    case given(Secret, place: String)
    /// A variable of the job, which an export may overwrite.
    case variable(Secret, name: String)
    case login(PulumiLogin.Entry)
    case oidc(IdentityExchange)

    /// One sentence for the log, never with the value.
    package var sentence: String {
        switch self {
        case .given(_, let place): "using the credential from \(place)"
        case .variable(_, let name): "using the credential in \(name)"
        case .login(let entry): "using the Pulumi CLI's login in \(entry.path)"
        case .oidc(let exchange): "using \(exchange.identity.sentence), exchanged for \(exchange.target)"
        }
    }

    /// The kind of the tokens that it mints unless another is asked for: of an exchanged credential its own.
    package var kind: TokenKind {
        guard case .oidc(let exchange) = self else { return .personal }
        return exchange.kind
    }

    /// The organization that it is limited to; nil when it is not.
    package var organization: String? {
        guard case .oidc(let exchange) = self else { return nil }
        return exchange.organization
    }

    /// What must not appear in a log, as far as it is known before anything is asked for.
    package var secret: Secret? {
        switch self {
        case .given(let secret, _), .variable(let secret, _): secret
        case .login(let entry): entry.token
        case .oidc: nil
        }
    }

    /// The values of variables that mint, as far as they are known before anything is asked for.
    ///
    /// What asks GitHub for an identity token is not among them: a command may need one for another cloud.
    package func secretsInVariables(of environment: Environment) -> [Secret] {
        guard case .oidc(let exchange) = self else { return [secret].compactMap(\.self) }
        guard case .variable = exchange.identity else { return [] }
        return [exchange.identity.secret(in: environment)].compactMap(\.self)
    }
}

extension CredentialSource {
    /// Chooses by the order that the documentation gives: what an option, its variable or an input names, then
    /// `PULUMI_ACCESS_TOKEN`, then the Pulumi CLI's login.
    ///
    /// - Parameters:
    ///   - system: in CI nobody sits in front of it, so that a stored login of the machine's owner is not used unasked.
    ///   - reader: reads the file that holds a credential.
    ///   - login: reads the Pulumi CLI's login; called only when it is its turn.
    package static func choose(
        _ options: CredentialOptions,
        environment: Environment,
        system: CISystem,
        reader: FileReader,
        login: () throws(CredentialError) -> PulumiLogin.Entry?
    ) throws(CredentialError) -> CredentialSource {
        if let named = try named(options, system, reader) { return named }
        if let text = environment["PULUMI_ACCESS_TOKEN"] {
            return .variable(try credential(Secret(text), in: "PULUMI_ACCESS_TOKEN"), name: "PULUMI_ACCESS_TOKEN")
        }
        let seeker = CredentialSeeker(hasInputs: options.areInputs, on: system)
        guard !system.isCI || options.allowsLogin else { throw .missing(seeker) }
        guard let entry = try login() else { throw .missing(seeker) }
        return .login(entry)
    }

    private static func named(
        _ options: CredentialOptions,
        _ system: CISystem,
        _ reader: FileReader
    ) throws(CredentialError) -> CredentialSource? {
        try checkNames(options)
        if let (value, place) = options.accessToken {
            return .given(try credential(value, in: place), place: place)
        }
        if let file = options.accessTokenFile {
            return .given(try AccessTokenFile(path: file.text, reader: reader).token(), place: file.text)
        }
        if let organization = options.oidc.organization {
            return .oidc(try IdentityExchange(organization.text, options.oidc, on: system))
        }
        return nil
    }

    private static func checkNames(_ options: CredentialOptions) throws(CredentialError) {
        let named: [(place: String, isEmpty: Bool)] = [
            options.accessToken.map { ($0.place, $0.value.isEmpty) },
            options.accessTokenFile.map { ($0.place, $0.text.isEmpty) },
            options.oidc.organization.map { ($0.place, $0.text.isEmpty) },
        ].compactMap(\.self)
        let given = named.filter { !$0.isEmpty }.map(\.place)
        guard given.count < 2 else { throw .several(given) }
        // A fork's secrets are empty: falling through to another credential would surprise everybody.
        if let empty = named.first(where: \.isEmpty) {
            throw empty.place == options.oidc.organization?.place
                ? .emptyOrganization(empty.place) : .empty(empty.place)
        }
        // Who names a user wants an exchange, and not the stored credential that comes next.
        if options.oidc.organization == nil, let detail = options.oidc.details.first {
            throw .organizationMissing(beside: detail.place)
        }
    }

    private static func credential(_ secret: Secret, in place: String) throws(CredentialError) -> Secret {
        do throws(TokenShape.Problem) {
            return try TokenShape.check(secret)
        } catch {
            throw error == .empty ? .empty(place) : .malformed(place: place, error, isFile: false)
        }
    }
}
