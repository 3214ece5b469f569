/// All that the server knows.
///
/// One thread at a time touches it, through a `Monitor`.
struct CloudState: Sendable {
    var configuration: Configuration
    var clock = ServerClock()
    var tokens = TokenTable()
    var log = RequestLog()
    var rules = RuleBook()
    var limiter = RateLimiter()
    var identities = IdentityKeys()
    /// The `jti` of identity tokens that were exchanged.
    var usedIdentities: Set<String> = []
    var lateCommits: [LateCommit] = []
    var connections = ConnectionTable()
    /// What `Authorization: Bearer` must hold at the identity endpoint.
    let identityRequestToken = randomHex(bytes: 24)

    init(configuration: Configuration) {
        self.configuration = configuration
        addParents()
    }

    /// Gives every user and every robot of the configuration its token, unless it has one.
    mutating func addParents() {
        for user in configuration.users where parentToken(of: user.login) == nil {
            add(.parent, owner: user.login, value: user.token, description: "parent of \(user.login)")
        }
        for machine in configuration.machines where machineToken(named: machine.name) == nil {
            var token = newToken(.machine, owner: machine.name, value: machine.token)
            token.organization = machine.organization
            token.team = machine.team
            token.isRobot = true
            token.isAdmin = machine.isAdmin
            tokens.add(token)
        }
    }

    func parentToken(of login: String) -> EmulatedToken? {
        tokens.all.first { $0.kind == .parent && $0.owner == login }
    }

    func machineToken(named name: String) -> EmulatedToken? {
        tokens.all.first { $0.kind == .machine && $0.owner == name }
    }

    /// A token that does not exist yet; a random value for an empty one.
    func newToken(
        _ kind: EmulatedToken.Kind,
        owner: String,
        value: String = "",
        description: String = "",
        expires: Int64 = 0
    ) -> EmulatedToken {
        EmulatedToken(
            id: randomUUID(),
            value: value.isEmpty ? randomTokenValue() : value,
            kind: kind,
            owner: owner,
            description: description,
            created: clock.seconds,
            expires: expires,
            createdExactly: clock.now
        )
    }

    @discardableResult
    mutating func add(
        _ kind: EmulatedToken.Kind,
        owner: String,
        value: String = "",
        description: String = "",
        expires: Int64 = 0
    ) -> EmulatedToken {
        let token = newToken(kind, owner: owner, value: value, description: description, expires: expires)
        tokens.add(token)
        return token
    }

    /// The tokens of one kind that still work.
    func live(_ kind: EmulatedToken.Kind) -> [EmulatedToken] {
        tokens.all.filter { $0.kind == kind && $0.isLive(at: clock.seconds) }
    }

    /// Forgets minted and exchanged tokens, requests, rules and limits; the clock runs with the machine's again.
    mutating func reset() {
        tokens.keep { $0.kind == .parent || $0.kind == .machine }
        for index in tokens.all.indices {
            tokens[index].revoked = 0
            tokens[index].uses = 0
            tokens[index].lastUsed = 0
        }
        clock = ServerClock()
        log = RequestLog()
        rules = RuleBook()
        limiter = RateLimiter()
        lateCommits = []
        usedIdentities = []
        connections.resetCounts()
        addParents()
    }
}
