internal import HTTPTransport
internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets

/// Exchanges a job's identity token for an access token, with a fresh identity token for each attempt.
struct Exchanger {
    let exchange: IdentityExchange
    let connection: CloudConnection
    let environment: Environment
    let retrying: Retrying
    /// Hides a secret from the log, before it is used.
    let mask: (Secret) throws(Explanation) -> Void

    /// - Parameter expiration: the lifetime that is asked for, seconds from now.
    /// - Returns: also the identity token that was exchanged.
    func token(expiration: Int64) throws(Explanation) -> (token: ExchangedToken, identity: Secret) {
        var failures = 0
        while true {
            let identity = try identityToken()
            try mask(identity)
            let failure: CloudError
            switch attempt(identity, expiration) {
            case .success(let token):
                try mask(token.value)
                return (token, identity)
            case .failure(let error): failure = error
            }
            guard failure.isRetryable, retrying.pause(after: failure, attempt: failures) else {
                throw explanation(of: failure, identity)
            }
            failures += 1
        }
    }

    private func attempt(_ identity: Secret, _ expiration: Int64) -> Result<ExchangedToken, CloudError> {
        let wanted = TokenExchange(
            organization: exchange.organization,
            type: exchange.type,
            expiration: expiration,
            scope: exchange.scope
        )
        return Result { () throws(CloudError) in try connection.exchange(identity, for: wanted) }
    }

    private func explanation(of error: CloudError, _ identity: Secret) -> Explanation {
        guard case .rejected(let refusal) = error, [400, 401, 403].contains(refusal.status) else {
            return Explanation(explaining: error)
        }
        let now = refusal.serverTime ?? connection.now()
        let audience = TokenExchange.audience(of: exchange.organization)
        let oddities = IdentityClaims(identity)?.oddities(expecting: audience, now: now) ?? ["it is not a JWT"]
        let detail = [refusal.oauthError, refusal.message.isEmpty ? nil : refusal.message].compactMap(\.self)
        return Explanation(
            CredentialError.identity(
                .refused(
                    detail: detail.isEmpty ? "status \(refusal.status)" : detail.joined(separator: ": "),
                    claims: oddities,
                    organization: exchange.organization
                )
            )
        )
    }

    // MARK: The identity token

    private func identityToken() throws(Explanation) -> Secret {
        switch exchange.identity {
        case .gitHub(let url, let bearer): return try gitHubToken(url, bearer)
        case .variable(let name):
            guard let text = environment.nonEmpty(name) else { throw identityError(.unset(variable: name)) }
            return try token(Secret(text), from: name)
        case .file(let path):
            do throws(CredentialError) {
                return try AccessTokenFile(path: path, reader: .within(connection.budget)).token()
            } catch {
                guard case .malformed(let place, let problem, _) = error else { throw Explanation(error) }
                throw identityError(.malformed(place: place, problem))
            }
        }
    }

    private func token(_ value: Secret, from place: String) throws(Explanation) -> Secret {
        do throws(TokenShape.Problem) {
            return try TokenShape.check(value)
        } catch {
            throw identityError(.malformed(place: place, error))
        }
    }

    private func identityError(_ problem: IdentityProblem) -> Explanation {
        Explanation(CredentialError.identity(problem))
    }

    /// Asks for a new token as https://docs.github.com/actions/reference/openid-connect-reference says.
    private func gitHubToken(_ url: String, _ bearer: Secret) throws(Explanation) -> Secret {
        try mask(bearer)
        let audience = percentEncoded(TokenExchange.audience(of: exchange.organization))
        let request = HTTPRequest(
            method: "GET",
            url: url + (url.contains("?") ? "&" : "?") + "audience=" + audience,
            fields: [
                ("Authorization", .secret(prefix: "Bearer ", bearer)),
                ("Accept", .plain("application/json")),
                ("User-Agent", .plain(connection.userAgent)),
            ]
        )
        let response: HTTPResponse
        do throws(CloudError) {
            response = try retrying.attempt("asking for an identity token", while: \.mayPassAtGitHub) {
                () throws(CloudError) in
                try connection.send(request, hiding: [bearer])
            }
        } catch {
            throw identityError(.service(error.summary, isTransient: error.isRetryable))
        }
        guard let value = JSONDocument(response.body)?.root["value"]?.secret else {
            throw identityError(.service("the reply has no usable value", isTransient: false))
        }
        return try token(value, from: "the reply of GitHub's service")
    }
}

extension CloudError {
    /// GitHub answers 403 "can't issue ID_TOKEN on Pipeline or Job which are in 'Pending' state" to a job that has only
    /// just begun, and has no other sign for it.
    fileprivate var mayPassAtGitHub: Bool {
        guard case .rejected(let refusal) = self, refusal.status == 403 else { return isRetryable }
        return refusal.message.holds("'Pending' state")
    }
}
