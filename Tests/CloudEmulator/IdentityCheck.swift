/// The claims of an identity token whose signature and times were checked.
struct CheckedIdentity: Sendable {
    private let claims: JSONValue

    /// - Throws: what is wrong, as a sentence.
    init(_ token: String, in state: CloudState) throws(Rejection) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = document(parts[0]), let claims = document(parts[1]),
            let signature = base64URLDecoded(parts[2])
        else { throw Rejection(reason: "the subject token is not a JSON web token") }
        guard let key = state.identities.key(withID: head["kid"]?.text ?? ""),
            head["alg"]?.text == key.algorithm.rawValue, claims["iss"]?.text == key.issuer,
            key.isValid(signature, of: Array((parts[0] + "." + parts[1]).utf8))
        else { throw Rejection(reason: "the signature of the subject token is invalid") }
        guard let issuer = claims["iss"]?.text, state.configuration.exchange.issuers.contains(issuer) else {
            throw Rejection(reason: "the issuer of the subject token is not registered")
        }
        let now = state.clock.seconds
        guard let expiry = claims["exp"]?.wholeNumber, expiry > now else {
            throw Rejection(reason: "the subject token has expired")
        }
        guard claims["nbf"]?.wholeNumber ?? 0 <= now + 60 else {
            throw Rejection(reason: "the subject token is not valid yet")
        }
        self.claims = claims
    }

    struct Rejection: Error {
        var reason: String
    }

    /// `jti`, to notice a token that comes twice.
    var id: String? { claims["jti"]?.text }

    func isMeant(for audience: String) -> Bool {
        values(of: "aud").contains(audience)
    }

    /// Whether every claim of a policy has a value of its pattern.
    func satisfies(_ policy: Policy) -> Bool {
        policy.claims.allSatisfy { name, pattern in values(of: name).contains { glob(pattern, matches: $0) } }
    }

    private func values(of name: String) -> [String] {
        guard let claim = claims[name] else { return [] }
        return claim.text.map { [$0] } ?? claim.elements.compactMap(\.text)
    }
}

private func document(_ part: some StringProtocol) -> JSONValue? {
    base64URLDecoded(part).flatMap { try? JSONValue(text: $0) }
}
