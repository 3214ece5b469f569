internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets

/// What an identity token says of itself: read without trusting it, to explain why somebody else refused it.
struct IdentityClaims: Equatable {
    var issuer: String?
    var subject: String?
    var audiences: [String] = []
    /// Unix time, seconds.
    var expiry: Int64?

    /// nil when the text is no JSON Web Token.
    init?(_ token: Secret) {
        let payload = token.reveal { bytes -> Secret? in
            let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            return parts.count == 3 ? Base64URL.decoded(parts[1]) : nil
        }
        guard let payload, let claims = JSONDocument(payload)?.root, claims.isObject else { return nil }
        issuer = claims["iss"]?.string.map { oneLine($0) }
        subject = claims["sub"]?.string.map { oneLine($0) }
        // One text, or a list of texts.
        let audience = claims["aud"]
        let listed = audience?.elements?.compactMap(\.string) ?? []
        audiences = (audience?.string.map { [$0] } ?? listed).map { oneLine($0) }
        expiry = claims["exp"]?.moment
    }

    /// What is odd about the token, one phrase each.
    ///
    /// - Parameter now: Unix time, seconds.
    func oddities(expecting audience: String, now: Int64) -> [String] {
        var found: [String] = []
        if !audiences.contains(audience) {
            let named = audiences.isEmpty ? "missing" : audiences.joined(separator: " and ")
            found.append("its audience is \(named), Pulumi expects \(audience)")
        }
        if let expiry, expiry <= now { found.append("it expired \(TimeSpan(seconds: now - expiry)) ago") }
        if found.isEmpty {
            let facts = [issuer.map { "issuer \($0)" }, subject.map { "subject \($0)" }].compactMap(\.self)
            if !facts.isEmpty { found.append("it has the " + facts.joined(separator: " and the ")) }
        }
        return found
    }
}
