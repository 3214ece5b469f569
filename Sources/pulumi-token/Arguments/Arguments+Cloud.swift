import Credentials
import HostSystem
import TokenLifecycle

extension CloudOptions {
    /// What options, variables or inputs say about the cloud and the credential, checked.
    init(_ arguments: Arguments) throws(UsageError) {
        self.init()
        cloudURL = arguments.value(of: .cloudURL)?.named
        credential = CredentialOptions(arguments)
        timeout = try arguments.duration(of: .timeout) ?? timeout
        deadline = try arguments.duration(of: .deadline) ?? deadline
        caFile = arguments.text(of: .caFile)
    }
}

extension Arguments {
    /// A length of time of at least a second and at most a day.
    func duration(of option: Option) throws(UsageError) -> Duration? {
        guard let value = value(of: option) else { return nil }
        guard let span = TimeSpan(parsing: value.text) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is not a duration",
                hint: "use 90s, 2m, or 1h"
            )
        }
        guard (1...86400).contains(span.seconds) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is out of range",
                hint: "use one second to one day"
            )
        }
        return .seconds(span.seconds)
    }

    /// The session that is named, or that the CI system implies; nil when there is none yet.
    func session(in context: Context) throws(Explanation) -> Session? {
        try checkForSecrets(.session, in: context)
        return try Session.current(value(of: .session)?.named, on: context.system)
    }

    /// Where records are: a path that was asked for, or the usual places.
    func store(in context: Context) -> LeaseStore { LeaseStore(context, path: text(of: .lease)) }
}

extension CredentialOptions {
    init(_ arguments: Arguments) {
        self.init()
        accessToken = arguments.accessToken.map { ($0, "the input access-token") }
        accessTokenFile = arguments.value(of: .accessTokenFile)?.named
        areInputs = arguments.areInputs
        allowsLogin = arguments.isOn(.useLogin)
        oidc.organization = arguments.value(of: .oidcOrganization)?.named
        oidc.type = arguments.text(of: .oidcType) ?? oidc.type
        oidc.user = arguments.value(of: .oidcUser)?.named
        oidc.team = arguments.value(of: .oidcTeam)?.named
        oidc.scope = arguments.value(of: .oidcScope)?.named
        oidc.tokenFile = arguments.value(of: .oidcTokenFile)?.named
        oidc.tokenVariable = arguments.value(of: .oidcTokenVariable)?.named
        oidc.use = arguments.text(of: .oidcUse).flatMap(OIDCOptions.Use.init) ?? .auto
    }
}
