package import HostSystem
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

    /// What must not appear in a log, as far as it is known before anything is asked for.
    package var secret: Secret? {
        switch self {
        case .given(let secret, _), .variable(let secret, _): secret
        case .login(let entry): entry.token
        case .oidc: nil
        }
    }
}

/// What a credential is wanted for.
package enum CredentialPurpose: Sendable {
    case minting, revoking, looking
}

extension CredentialSource {
    /// Chooses by the order that the documentation gives.
    ///
    /// - Parameters:
    ///   - isCI: nobody sits in front of it, so that a stored login of the machine's owner is not used unasked.
    ///   - login: reads the Pulumi CLI's login; called only when it is its turn.
    package static func choose(
        _ options: CredentialOptions,
        for purpose: CredentialPurpose,
        environment: Environment,
        isCI: Bool,
        login: () throws(CredentialError) -> PulumiLogin.Entry?
    ) throws(CredentialError) -> CredentialSource {
        if let explicit = try explicit(options, environment) { return explicit }
        // After an export the variable may hold the minted token itself, which revokes less surely than a new exchange.
        if purpose == .revoking, let exchange = try ambientExchange(options, environment) { return .oidc(exchange) }
        if let text = environment["PULUMI_ACCESS_TOKEN"] {
            return .variable(try credential(Secret(text), in: "PULUMI_ACCESS_TOKEN"), name: "PULUMI_ACCESS_TOKEN")
        }
        if let exchange = try ambientExchange(options, environment) { return .oidc(exchange) }
        let seeker = CredentialSeeker(hasInputs: options.areInputs, isCI: isCI, in: environment)
        guard !isCI || options.allowsLogin else { throw .missing(seeker) }
        guard let entry = try login() else { throw .missing(seeker) }
        return .login(entry)
    }

    private static func explicit(
        _ options: CredentialOptions,
        _ environment: Environment
    ) throws(CredentialError) -> CredentialSource? {
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
        if let (value, place) = options.accessToken {
            return .given(try credential(value, in: place), place: place)
        }
        if let file = options.accessTokenFile {
            return .given(try AccessTokenFile(path: file.text).token(), place: file.text)
        }
        if let organization = options.oidc.organization {
            return .oidc(try IdentityExchange(organization.text, options.oidc, environment))
        }
        return nil
    }

    private static func ambientExchange(
        _ options: CredentialOptions,
        _ environment: Environment
    ) throws(CredentialError) -> IdentityExchange? {
        guard let organization = options.oidc.ambientOrganization else { return nil }
        guard !organization.text.isEmpty else { throw .emptyOrganization(organization.place) }
        return try IdentityExchange(organization.text, options.oidc, environment)
    }

    private static func credential(_ secret: Secret, in place: String) throws(CredentialError) -> Secret {
        switch TokenShape.check(secret) {
        case .success(let token): token
        case .failure(.empty): throw .empty(place)
        case .failure(let problem): throw .malformed(place: place, problem, isFile: false)
        }
    }
}
