package import HostSystem
package import PulumiCloud
package import Secrets

/// Pulumi Cloud with the credential that was found for it.
package struct CloudAccess {
    package var cloud: PulumiCloud
    package let source: CredentialSource
    /// What the cloud is asked with.
    package let credential: Secret
    /// The result of the exchange that gave the credential; nil for a stored one.
    package let exchanged: ExchangedToken?
    /// What was exchanged for it.
    private let identity: Secret?
    private let exchanger: Exchanger?

    /// Finds out the credential and hides it from the log, before anything is asked of the cloud with it.
    ///
    /// - Parameters:
    ///   - expiration: of an exchanged token, seconds.
    ///   - mask: hides every form of a secret from the log.
    package static func open(
        _ connection: CloudConnection,
        with source: CredentialSource,
        expiration: Int64,
        environment: Environment,
        retrying: Retrying,
        mask: @escaping (Secret) throws(Explanation) -> Void
    ) throws(Explanation) -> CloudAccess {
        if let secret = source.secret {
            try mask(secret)
            return CloudAccess(
                cloud: PulumiCloud(connection, credential: secret),
                source: source,
                credential: secret,
                exchanged: nil,
                identity: nil,
                exchanger: nil
            )
        }
        guard case .oidc(let exchange) = source else { preconditionFailure("every other source has its secret") }
        let exchanger = Exchanger(
            exchange: exchange,
            connection: connection,
            environment: environment,
            retrying: retrying,
            mask: mask
        )
        let (token, identity) = try exchanger.token(expiration: expiration)
        return CloudAccess(
            cloud: PulumiCloud(connection, credential: token.value),
            source: source,
            credential: token.value,
            exchanged: token,
            identity: identity,
            exchanger: exchanger
        )
    }

    /// Whether the exchanged token is to be handed to the job itself.
    package var isDirect: Bool { use == .direct }

    /// Whether the exchanged token may be handed over where minting with it is refused.
    package var mayUseExchangedToken: Bool { use == .auto }

    private var use: OIDCOptions.Use? {
        guard case .oidc(let exchange) = source else { return nil }
        return exchange.use
    }

    /// The values of variables that mint, and so must not be handed on to a command: the credential, or the identity
    /// token that it was exchanged for.
    package func secretsInVariables(of environment: Environment) -> [Secret] {
        [credential] + [identity].compactMap(\.self) + source.secretsInVariables(of: environment)
    }

    /// Exchanges once more, for a token of another lifetime.
    ///
    /// - Parameter expiration: seconds from now.
    package func exchangeAgain(expiration: Int64) throws(Explanation) -> ExchangedToken {
        guard let exchanger else { preconditionFailure("only an identity token can be exchanged") }
        return try exchanger.token(expiration: expiration).token
    }

    /// What a failed request means.
    package func explain(_ error: CloudError) -> Explanation {
        Explanation(explaining: error)
    }

    /// What a refused mint means; asks the cloud who the credential belongs to, or what the organization allows.
    ///
    /// - Parameters:
    ///   - expires: of the token that was asked for: Unix time, seconds.
    ///   - now: Unix time, seconds, for a server that does not say its own.
    package func explainMint(_ error: CloudError, expires: Int64? = nil, at now: Int64 = 0) -> Explanation {
        let plain = Explanation(explaining: error)
        if let request = error.tokenRequest {
            return explain(error, to: request, expires: expires, at: now) ?? plain
        }
        guard [401, 403].contains(error.status) else { return plain }
        guard let user = try? cloud.currentUser(), let machine = user.machineToken else {
            return exchanged == nil ? plain : Explanation(ofExchangedToken: plain)
        }
        let owner = machine.team.map { "the team \($0)" } ?? machine.organization.map { "the organization \($0)" }
        return Explanation(CredentialError.machine(owner: owner ?? "a machine"))
    }

    private func explain(
        _ error: CloudError,
        to request: TokenRequest,
        expires: Int64?,
        at now: Int64
    ) -> Explanation? {
        let name = TokenRefusal.dependsOnOrganization(error) ? request.kind.organization : nil
        return TokenRefusal(
            error,
            to: request.action,
            request.kind,
            expires: expires,
            at: now,
            in: name.flatMap { try? cloud.metadata(of: $0) }
        ).map { Explanation($0, to: request.action, of: request.kind) }
    }
}

extension Explanation {
    /// A token that came from an exchange was refused where it was to mint.
    fileprivate init(ofExchangedToken plain: Explanation) {
        self.init(
            .notAllowed,
            plain.message,
            hint:
                "use a stored token, or set --oidc-use to direct: the job then uses the exchanged token, which cannot "
                + "be revoked"
        )
    }
}
