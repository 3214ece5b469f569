/// What tests ask of the emulator and tell it, besides sending requests.
extension CloudEmulator {
    // MARK: Looking

    /// Minted tokens that are neither revoked nor expired.
    package var liveTokens: [EmulatedToken] { state.withLock { $0.live(.minted) } }

    /// All tokens of a kind, dead or alive, oldest first.
    package func tokens(_ kind: EmulatedToken.Kind) -> [EmulatedToken] {
        state.withLock { $0.tokens.all.filter { $0.kind == kind } }
    }

    /// All requests in the order of their arrival.
    package var requests: [RecordedRequest] { state.withLock { $0.log.requests } }

    package var report: Report { state.withLock { $0.report } }

    /// Unix time of the server, seconds.
    package var now: Double { state.withLock { $0.clock.now } }

    /// Waits in real time for something that other threads bring about; false when it did not come in a minute.
    package func wait(until condition: (Report) -> Bool) -> Bool {
        state.wait(atMost: Self.patience) { condition($0.report) }
    }

    // MARK: Telling

    /// Adds scripts of what goes wrong.
    package func misbehave(_ scripts: Misbehaviour...) {
        state.withLock { $0.rules.add(scripts) }
    }

    /// Drops all scripts.
    package func behave() {
        state.withLock { $0.rules = RuleBook() }
    }

    /// Lets requests go on that stall, and those that would until the next script is added.
    package func release() {
        state.withLock { $0.rules.release() }
    }

    /// Changes switches; those of the server's start have no effect any more.
    package func configure(_ change: (inout Configuration) -> Void) {
        state.withLock {
            change(&$0.configuration)
            $0.addParents()
        }
    }

    /// Stops the clock at the present, or at a Unix time in seconds.
    package func freezeClock(at time: Double? = nil) {
        state.withLock { $0.clock.freeze(at: time) }
    }

    /// Moves the clock, frozen or not.
    package func advanceClock(by seconds: Double) {
        state.withLock { $0.clock.advance(by: seconds) }
    }

    /// Adds tokens as if they had been minted earlier; their ids.
    @discardableResult
    package func plant(_ seed: Seed) -> [String] {
        state.withLock { $0.plant(seed) }
    }

    /// Revokes a token behind the back of its user.
    package func revoke(id: String) throws {
        try state.withLock { state throws in try state.revoke(id: id) }
    }

    /// Lets held-back requests have their effect now; how many there were.
    @discardableResult
    package func commitLateRequests() -> Int {
        state.withLock { $0.commitAllLate() }
    }

    /// Forgets requests, scripts, limits, and all tokens but those of the configuration; sets the clock right.
    package func reset() {
        state.withLock { $0.reset() }
    }

    // MARK: Identities

    /// A signed identity token, as GitLab puts it into a job's environment.
    package func identityToken(_ wanted: IdentityTokenRequest) throws -> String {
        try state.withLock { state throws in try state.issueIdentityToken(wanted) }
    }

    /// The `Bearer` credential of the identity endpoint: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    package var identityRequestToken: String { state.withLock { $0.identityRequestToken } }

    /// `ACTIONS_ID_TOKEN_REQUEST_URL`, which already has a query.
    package var identityRequestURL: String { origin + "/oidc/github?api-version=2.0" }
}
