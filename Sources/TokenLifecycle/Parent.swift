internal import CISystems
package import Credentials
internal import HTTPTransport
package import HostSystem
package import PulumiCloud

/// What a command was told about the cloud and the credential.
package struct CloudOptions: Sendable {
    package var cloudURL: NamedText?
    package var credential = CredentialOptions()
    /// The most that one request may take.
    package var timeout: Duration = .seconds(30)
    /// The most that the whole command may take.
    package var deadline: Duration = .seconds(120)
    package var caFile: String?

    package init() {}
}

/// The parent credential: which cloud, which credential, how to reach it.
///
/// A value that can be opened again and again, since an exchanged credential expires.
package struct Parent: Sendable {
    package let cloud: CloudChoice
    package let source: CredentialSource
    package let options: CloudOptions

    /// Finds out cloud and credential; nothing is sent or said.
    package static func find(_ options: CloudOptions, in context: Context) throws(Explanation) -> Parent {
        try find(options, in: try choose(options, in: context), in: context)
    }

    /// Finds the credential for a cloud that was chosen already.
    package static func find(
        _ options: CloudOptions,
        in cloud: CloudChoice,
        in context: Context
    ) throws(Explanation) -> Parent {
        let source = try explaining { () throws(CredentialError) in
            try CredentialSource.choose(
                options.credential,
                environment: context.environment,
                system: context.system,
                reader: reader(options, context),
                login: { () throws(CredentialError) in
                    try PulumiLogin.load(context.environment, by: reader(options, context))?
                        .entry(for: cloud.url, now: context.clock.unixTime())
                }
            )
        }
        return Parent(cloud: cloud, source: source, options: options)
    }

    private static func reader(_ options: CloudOptions, _ context: Context) -> FileReader {
        .within(context.budget(options.deadline))
    }

    /// The backend that the project in the working directory, or the nearest one above it, names.
    static func project(_ options: CloudOptions, _ context: Context) throws(Explanation) -> ProjectBackend? {
        guard let folder = context.workingFolder else { return nil }
        return try ProjectBackend.nearest(to: folder, by: reader(options, context))
    }

    /// Which cloud the options, the variables, the project or the login name.
    package static func choose(_ options: CloudOptions, in context: Context) throws(Explanation) -> CloudChoice {
        guard !options.credential.areInputs else {
            return try CloudChoice.chooseForAction(
                options.cloudURL,
                project: project(options, context),
                backend: context.environment.nonEmpty("PULUMI_BACKEND_URL")
            )
        }
        return try CloudChoice.choose(
            options.cloudURL,
            environment: context.environment,
            skipped: { context.console.notice("\($0) names a DIY backend, which has no tokens, so it is not used") },
            project: { () throws(Explanation) in try project(options, context) },
            login: { () throws(CredentialError) in
                try PulumiLogin.load(context.environment, by: reader(options, context))
            }
        )
    }

    /// The cloud with the credential, which is masked before it is used; exchanges an identity token where it must.
    ///
    /// - Parameters:
    ///   - expiration: of an exchanged token, seconds; nil for the shortest that is of use to this command.
    ///   - isAgain: whether the source was named before.
    package func open(
        within budget: TimeBudget,
        expiration: Int64? = nil,
        in context: Context,
        isAgain: Bool = false
    ) throws(Explanation) -> CloudAccess {
        let access = try CloudAccess.open(
            Self.connection(to: cloud.url, options, within: budget, in: context),
            with: source,
            expiration: expiration ?? options.deadline.components.seconds + 60,
            environment: context.environment,
            retrying: context.retrying(within: budget),
            mask: { secret throws(Explanation) in try context.mask(secret, within: budget) }
        )
        // Not before the masks: they come before anything else that is written.
        guard !isAgain else { return access }
        context.console.info(source.sentence)
        if case .login(let entry) = source, entry.isExposed {
            context.console.warning("other users can read \(entry.path)", hint: "run chmod 600 \(entry.path)")
        }
        return access
    }

    /// How to reach a cloud, without a credential.
    package static func connection(
        to url: CloudURL,
        _ options: CloudOptions,
        within budget: TimeBudget,
        in context: Context
    ) -> CloudConnection {
        CloudConnection(
            url: url,
            transport: context.makeTransport(
                context.trustStore(caFile: options.caFile, within: budget),
                ProxySettings(context.environment),
                context
            ),
            timeout: options.timeout,
            budget: budget,
            userAgent: context.userAgent,
            warn: { context.console.notice("Pulumi Cloud says: \($0)") },
            now: context.clock.unixTime
        )
    }
}

extension CloudAccess {
    /// By which a record tells whether the credential is still the one that minted.
    package func fingerprint(_ salt: Nonce) -> Fingerprint {
        guard case .oidc(let exchange) = source else { return Fingerprint(of: credential, salt: salt) }
        return Fingerprint(ofIdentity: exchange.identityName)
    }
}

extension Lease {
    /// Whether its token is the very credential that the cloud is asked with.
    package func isOf(_ access: CloudAccess) -> Bool {
        token?.fingerprint.map { $0 == access.fingerprint(id) } ?? false
    }
}
