import CISystems
import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import TokenLifecycle

/// Wires a command to Pulumi Cloud: which one, over which transport, with which credential.
struct CloudDoor {
    let arguments: Arguments
    let context: Context
    let console: Console
    let settings: Settings
    let budget: TimeBudget

    init(_ arguments: Arguments, _ context: Context, _ console: Console) throws(Explanation) {
        self.arguments = arguments
        self.context = context
        self.console = console
        settings = try explaining { () throws(UsageError) in try Settings(arguments) }
        budget = TimeBudget(settings.deadline, clock: context.clock, interruption: context.interruption)
    }

    var retrying: Retrying {
        Retrying(budget: budget, random: context.random, trace: console.trace)
    }

    /// Which cloud the options, the variables or the login name.
    func choice() throws(Explanation) -> CloudChoice {
        let option = arguments.value(of: .cloudURL)?.named
        if arguments.areInputs {
            return try CloudChoice.chooseForAction(option)
        }
        return try CloudChoice.choose(
            option,
            environment: context.environment,
            skipped: { console.notice("\($0) names a DIY backend, which has no tokens, so it is not used") },
            login: { () throws(CredentialError) in mayUseLogin ? try PulumiLogin.load(context.environment) : nil }
        )
    }

    /// The cloud with a credential for a purpose; the credential is masked before it is used.
    ///
    /// - Parameter expiration: of a token that is exchanged for an identity token, seconds; nil for the shortest that is
    ///   of use to this command.
    func access(
        to choice: CloudChoice,
        for purpose: CredentialPurpose,
        expiration: Int64? = nil
    ) throws(Explanation) -> CloudAccess {
        let source = try source(for: choice, purpose)
        let access = try access(to: choice, by: source, expiration: expiration, within: budget)
        // Not before the masks: they come before anything else that is written.
        console.info(source.sentence)
        if case .login(let entry) = source { warnOfExposedLogin(entry) }
        return access
    }

    /// The cloud with the credential of a source that was chosen before, within another time than the whole command's.
    func reopen(_ access: CloudAccess, to choice: CloudChoice, within budget: TimeBudget) throws(Explanation)
        -> CloudAccess
    {
        try self.access(to: choice, by: access.source, expiration: nil, within: budget)
    }

    private func access(
        to choice: CloudChoice,
        by source: CredentialSource,
        expiration: Int64?,
        within budget: TimeBudget
    ) throws(Explanation) -> CloudAccess {
        var connection = connection(to: choice.url)
        connection.budget = budget
        return try CloudAccess.open(
            connection,
            with: source,
            expiration: expiration ?? settings.deadline.components.seconds + 60,
            environment: context.environment,
            retrying: Retrying(budget: budget, random: context.random, trace: console.trace),
            mask: LogMask(context, budget, console.reporter).hide
        )
    }

    /// Where the credential comes from.
    func source(for choice: CloudChoice, _ purpose: CredentialPurpose) throws(Explanation) -> CredentialSource {
        try explaining { () throws(CredentialError) in
            try CredentialSource.choose(
                CredentialOptions(arguments),
                for: purpose,
                environment: context.environment,
                isCI: context.system.isCI,
                login: { () throws(CredentialError) in
                    try PulumiLogin.load(context.environment)?
                        .entry(for: choice.url, now: context.clock.unixTime())
                }
            )
        }
    }

    func connection(to url: CloudURL) -> CloudConnection {
        CloudConnection(
            url: url,
            transport: CurlTransport(
                trust: TrustStore(caFile: settings.caFile, environment: context.environment),
                proxies: ProxySettings(context.environment),
                clock: context.clock,
                interruption: context.interruption,
                trace: console.trace
            ),
            timeout: settings.timeout,
            budget: budget,
            userAgent: "pulumi-token/\(Version.number)",
            warn: { console.notice("Pulumi Cloud says: \($0)") },
            now: context.clock.unixTime
        )
    }

    private var mayUseLogin: Bool { !context.system.isCI || arguments.isOn(.useLogin) }

    private func warnOfExposedLogin(_ entry: PulumiLogin.Entry) {
        guard entry.isExposed else { return }
        console.warning("others may read \(entry.path)", hint: "chmod 600 \(entry.path)")
    }
}

extension CredentialOptions {
    init(_ arguments: Arguments) {
        self.init()
        accessToken = arguments.accessToken.map { ($0, "the input access-token") }
        accessTokenFile = arguments.value(of: .accessTokenFile)?.named
        areInputs = arguments.areInputs
        allowsLogin = arguments.isOn(.useLogin)
        if let organization = arguments.value(of: .oidcOrganization) {
            if case .variable = organization.origin {
                oidc.ambientOrganization = organization.named
            } else {
                oidc.organization = organization.named
            }
        }
        oidc.type = arguments.text(of: .oidcType) ?? oidc.type
        oidc.user = arguments.text(of: .oidcUser)
        oidc.team = arguments.text(of: .oidcTeam)
        oidc.tokenFile = arguments.value(of: .oidcTokenFile)?.named
        oidc.tokenVariable = arguments.value(of: .oidcTokenVariable)?.named
        oidc.use = arguments.text(of: .oidcUse).flatMap(OIDCOptions.Use.init) ?? .auto
    }
}
