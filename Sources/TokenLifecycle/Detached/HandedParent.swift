internal import CISystems
internal import Credentials
internal import HTTPTransport
internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets
internal import Supervision

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What a process in the background needs to reach the cloud by itself, handed over in memory before it is started.
struct HandedParent: Sendable {
    /// The credential that is open, or that nothing has to be exchanged for; nil for one that is exchanged when needed.
    var credential: Secret?
    var options: CloudOptions
    var cloud: CloudURL
    /// Whether the credential comes from an exchange, which may have to be made again.
    var exchanges: Bool
    /// The certificate authorities of a file that may be gone by then.
    var authorities: Secret?
    /// The variables that requests and an exchange need, and no other.
    var environment: [String: String]
    var userAgent: String
    /// Where to tell what happens; nil when nobody asks for it.
    var trail: Trail?
}

extension HandedParent {
    /// - Parameters:
    ///   - credential: what was exchanged already, or is stored.
    ///   - role: what the process is, as servers see it.
    init(_ parent: Parent, _ credential: Secret?, as role: String, in context: Context) {
        let exchanges = if case .oidc = parent.source { true } else { false }
        // Such a process works in the root directory.
        var options = parent.options
        options.caFile = options.caFile.map(WorkingFolder.absolute)
        options.credential.oidc.tokenFile = options.credential.oidc.tokenFile.map {
            NamedText(WorkingFolder.absolute($0.text), place: $0.place)
        }
        self.init(
            credential: credential,
            options: options,
            cloud: parent.cloud.url,
            exchanges: exchanges,
            authorities: Self.authorities(options, in: context),
            environment: Self.environment(of: context.environment, options.credential.oidc),
            userAgent: "\(context.userAgent) \(role)",
            trail: context.trail
        )
    }

    /// The world of such a process: standard streams lead nowhere.
    func context(
        interruption: Interruption? = nil,
        _ makeTransport: @escaping Context.TransportFactory
    ) -> Context {
        let clock = HostClock.system
        let environment = Environment(environmentWithAuthorities)
        let nowhere = StandardStream(descriptor: 2, name: "standard error")
        var context = Context(
            environment: environment,
            start: .capture(),
            clock: clock,
            random: .system,
            interruption: interruption ?? .never(clock: clock),
            launcher: ParentProcess(),
            system: .detect(in: environment),
            process: .current(),
            workingFolder: nil,
            standardOutput: nowhere,
            standardError: nowhere,
            userAgent: userAgent,
            makeTransport: makeTransport
        )
        context.trail = trail
        // Nobody sees what it writes; what hides secrets is told by whoever hands the token on.
        context.letsSecretsOut = false
        return context
    }

    /// The credential as it was, or what it is exchanged for anew.
    ///
    /// - Parameter isFallback: the exchange was tried and failed, as with an identity token that works only once.
    /// - Throws: where neither is to be had.
    func parent(isFallback: Bool = false, in context: Context) throws(Explanation) -> Parent {
        var options = options
        if options.caFile != nil, let authorities, let path = AuthoritiesFile.path(holding: authorities) {
            options.caFile = path
        }
        guard let credential else { return try Parent.find(options, in: context) }
        if exchanges, !isFallback, let parent = try? Parent.find(options, in: context) { return parent }
        options.credential = CredentialOptions()
        options.credential.accessToken = (credential, "the owner")
        return try Parent.find(options, in: context)
    }

    /// The variables, of which the one that names a file of authorities names our copy.
    private var environmentWithAuthorities: [String: String] {
        guard options.caFile == nil, let authorities, let path = AuthoritiesFile.path(holding: authorities) else {
            return environment
        }
        return environment.merging([TrustStore.fileVariable: path]) { $1 }
    }

    private static func authorities(_ options: CloudOptions, in context: Context) -> Secret? {
        guard let path = options.caFile ?? context.environment.nonEmpty(TrustStore.fileVariable) else { return nil }
        let reader = FileReader.within(context.budget(options.deadline))
        // A pipe can be read once only. A bundle of every authority has a quarter of the limit.
        guard let plain = try? context.bundles.path(for: path, by: reader),
            let file = try? Descriptor.open(plain, O_RDONLY | O_NONBLOCK),
            let bytes = try? file.contents(limit: 1 << 20)
        else { return nil }
        return Secret(bytes)
    }

    private static func environment(of whole: Environment, _ oidc: OIDCOptions) -> [String: String] {
        var names = Set(ProxySettings.variables + TrustStore.variables)
        names.formUnion(["HOME", "PULUMI_HOME", "PULUMI_CREDENTIALS_PATH", "XDG_STATE_HOME"])
        if oidc.organization != nil {
            names.formUnion(whole.names.filter { $0.hasPrefix("ACTIONS_ID_TOKEN_REQUEST_") })
            names.formUnion(["CI", "GITHUB_ACTIONS", "GITLAB_CI"])
            if let variable = oidc.tokenVariable?.text { names.insert(variable) }
        }
        var found = names.reduce(into: [:]) { found, name in found[name] = whole[name] }
        found[TrustStore.fileVariable] = found[TrustStore.fileVariable].map(WorkingFolder.absolute)
        found[TrustStore.foldersVariable] = found[TrustStore.foldersVariable].map { paths in
            paths.split(separator: ":").map { WorkingFolder.absolute(String($0)) }.joined(separator: ":")
        }
        return found
    }

    // MARK: Coding

    func write(to text: inout JSONText) {
        if let credential { text.member("credential", credential) }
        text.member("cloud", cloud.text)
        text.member("timeout", options.timeout.components.seconds)
        text.member("deadline", options.deadline.components.seconds)
        text.member("caFile", options.caFile)
        if let authorities { text.member("authorities", authorities) }
        text.member(
            "environment",
            object: { text in
                for (name, value) in environment { text.member(name, Secret(value)) }
            }
        )
        text.member("userAgent", userAgent)
        if let trail {
            text.member("trail", trail.path)
            text.member("job", object: trail.job.write)
        }
        if exchanges { text.member("oidc", object: options.credential.oidc.write) }
    }

    /// nil when it was written by something else.
    init?(_ text: JSONNode) {
        guard let cloud = text["cloud"]?.string.flatMap({ try? CloudURL($0) }),
            let timeout = text["timeout"]?.integer, let deadline = text["deadline"]?.integer,
            let userAgent = text["userAgent"]?.string
        else { return nil }
        var options = CloudOptions()
        options.timeout = .seconds(timeout)
        options.deadline = .seconds(deadline)
        options.caFile = text["caFile"]?.string
        options.cloudURL = NamedText(cloud.text, place: "the owner")
        if let oidc = text["oidc"] { options.credential.oidc = OIDCOptions(oidc) }
        self.init(
            credential: text["credential"]?.secret,
            options: options,
            cloud: cloud,
            exchanges: text["oidc"] != nil,
            authorities: text["authorities"]?.secret,
            environment: (text["environment"]?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string },
            userAgent: userAgent,
            trail: text["trail"]?.string.flatMap { path in
                text["job"].flatMap { TrailJob($0) }.map { Trail(path: path, job: $0) }
            }
        )
    }
}

/// A file without a name for certificate authorities whose own file may be gone.
private enum AuthoritiesFile {
    static func path(holding authorities: Secret) -> String? {
        guard let file = try? Descriptor.memory(holding: authorities) else { return nil }
        // It stays open for as long as this process lives.
        let number = dup(file.number)
        return number >= 0 ? "/proc/self/fd/\(number)" : nil
    }
}

extension OIDCOptions {
    fileprivate func write(to text: inout JSONText) {
        text.member("organization", organization?.text)
        text.member("type", type)
        text.member("user", user?.text)
        text.member("team", team?.text)
        text.member("scope", scope?.text)
        text.member("tokenFile", tokenFile?.text)
        text.member("tokenVariable", tokenVariable?.text)
        text.member("use", use.rawValue)
    }

    fileprivate init(_ text: JSONNode) {
        self.init()
        organization = text["organization"]?.string.map { NamedText($0, place: "the owner") }
        type = text["type"]?.string ?? type
        user = text["user"]?.string.map { NamedText($0, place: "the owner") }
        team = text["team"]?.string.map { NamedText($0, place: "the owner") }
        scope = text["scope"]?.string.map { NamedText($0, place: "the owner") }
        tokenFile = text["tokenFile"]?.string.map { NamedText($0, place: "the owner") }
        tokenVariable = text["tokenVariable"]?.string.map { NamedText($0, place: "the owner") }
        use = text["use"]?.string.flatMap(Use.init) ?? use
    }
}
