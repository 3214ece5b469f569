internal import HostSystem
package import Secrets

/// How a job of a system comes by an identity token: an OpenID Connect token that the system signs.
package enum IdentityProvision: Equatable, Sendable {
    /// From a service that gives a new one each time, as on GitHub.
    case service(url: String, bearer: Secret)
    /// From such a service, which this job may not ask.
    case forbidden
    /// In a variable that the definition of the job declares, as with GitLab's `id_tokens`.
    case declared
    /// The system says nothing of any.
    case unknown

    /// GitHub's service, wherever a job is told of it.
    static func service(in environment: Environment) -> IdentityProvision? {
        guard let url = environment.nonEmpty("ACTIONS_ID_TOKEN_REQUEST_URL"),
            let bearer = environment.nonEmpty("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        else { return nil }
        return .service(url: url, bearer: Secret(bearer))
    }
}
