internal import Credentials
internal import HTTPTransport
internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets

/// All that a guardian needs to revoke by itself, handed over in memory before it is started.
struct GuardianContents: Sendable {
    var lease: Lease
    /// Where the record is; what only its owner can write is left out.
    var places: [LeasePlace]
    /// The credential that was open at the mint.
    var credential: Secret
    var options: CloudOptions
    var cloud: CloudURL
    /// What the credential comes from, for an exchange that has to be made again; nil for a stored one.
    var exchanges: Bool
    /// The certificate authorities of a file that may be gone by then.
    var authorities: Secret?
    /// The variables that requests and an exchange need, and no other.
    var environment: [String: String]
    var userAgent: String
    /// Whether it has to outlive its owner: for a command, which may go on for as long as it likes, or for a job.
    var outlivesOwner: Bool
    /// Where to tell what happens; nil when nobody asks for it.
    var trail: Trail?
    /// The directory of the helper that gave the token out, which nobody else removes when that is killed.
    var helper: String?
}

extension GuardianContents {
    init(_ stored: StoredLease, _ access: CloudAccess, _ parent: Parent, for request: MintRequest, in context: Context)
    {
        self.init(
            lease: stored.lease,
            places: stored.places,
            credential: access.credential,
            options: parent.options,
            cloud: parent.cloud.url,
            exchanges: access.exchanged != nil,
            authorities: Self.authorities(parent.options, context.environment),
            environment: Self.environment(of: context.environment, parent.options.credential.oidc),
            userAgent: context.userAgent + " guardian",
            outlivesOwner: request.guarded != nil || stored.lease.holder == .supervisor,
            trail: context.trail,
            helper: request.helper
        )
    }

    private static func authorities(_ options: CloudOptions, _ environment: Environment) -> Secret? {
        guard let path = options.caFile ?? environment.nonEmpty("SSL_CERT_FILE") else { return nil }
        // A pipe has been read by now, and a bundle of every authority there is has a quarter of this.
        guard let file = try? Descriptor.open(path, 0o4000), let bytes = try? file.contents(limit: 1 << 20) else {
            return nil
        }
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
        return names.reduce(into: [:]) { found, name in found[name] = whole[name] }
    }

    // MARK: Coding

    func encoded() -> Secret {
        JSONText.object { text in
            text.member("lease", String(decoding: lease.encoded(), as: UTF8.self))
            text.member("places", array: places.compactMap(\.coded)) { text, place in
                text.object { $0.member(place.kind, place.path) }
            }
            text.member("credential", credential)
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
            text.member("outlivesOwner", outlivesOwner)
            if let trail {
                text.member("trail", trail.path)
                text.member("job", object: trail.job.write)
            }
            text.member("helper", helper)
            if exchanges { text.member("oidc", object: options.credential.oidc.write) }
        }
    }

    /// nil when it was written by something else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root,
            let lease = text["lease"]?.string.flatMap({ Lease(encoded: Array($0.utf8)) }),
            let credential = text["credential"]?.secret,
            let cloud = text["cloud"]?.string.flatMap({ try? CloudURL($0) }),
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
            lease: lease,
            places: text["places"]?.elements?.compactMap(LeasePlace.init(coded:)) ?? [],
            credential: credential,
            options: options,
            cloud: cloud,
            exchanges: text["oidc"] != nil,
            authorities: text["authorities"]?.secret,
            environment: (text["environment"]?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string },
            userAgent: userAgent,
            outlivesOwner: text["outlivesOwner"]?.bool ?? false,
            trail: text["trail"]?.string.flatMap { path in
                text["job"].flatMap { TrailJob($0) }.map { Trail(path: path, job: $0) }
            },
            helper: text["helper"]?.string
        )
    }
}

extension LeasePlace {
    fileprivate var coded: (kind: String, path: String)? {
        switch self {
        case .directory(let path, let isDurable): (isDurable ? "durable" : "directory", path)
        case .file(let path): ("file", path)
        // The post step has its own copy of what main wrote there.
        case .state: nil
        }
    }

    fileprivate init?(coded: JSONNode) {
        if let path = coded["durable"]?.string {
            self = .directory(path, isDurable: true)
        } else if let path = coded["directory"]?.string {
            self = .directory(path, isDurable: false)
        } else if let path = coded["file"]?.string {
            self = .file(path)
        } else {
            return nil
        }
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
