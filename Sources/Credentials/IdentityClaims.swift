internal import FoundationEssentials
internal import HostSystem
internal import PulumiCloud
internal import Redaction

/// What an identity token says of itself: read without trusting it, to explain why somebody else refused it.
struct IdentityClaims: Equatable {
    var issuer: String?
    var subject: String?
    var audiences: [String] = []
    /// Unix time, seconds.
    var expiry: Int64?

    /// nil when the text is no JSON Web Token.
    init?(_ token: Secret) {
        let claims = token.reveal { bytes -> Claims? in
            let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 3, var payload = Self.decodedBase64URL(parts[1]) else { return nil }
            defer { wipe(&payload) }
            return decodedJSON(Secret(payload), as: Claims.self)
        }
        guard let claims else { return nil }
        issuer = claims.iss?.value.map { oneLine($0) }
        subject = claims.sub?.value.map { oneLine($0) }
        audiences = (claims.aud?.list ?? []).map { oneLine($0) }
        expiry = claims.exp?.value
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
        if let expiry, expiry <= now { found.append("it expired \(Span(seconds: now - expiry)) ago") }
        if found.isEmpty {
            let facts = [issuer.map { "issuer \($0)" }, subject.map { "subject \($0)" }].compactMap(\.self)
            if !facts.isEmpty { found.append("it has the " + facts.joined(separator: " and the ")) }
        }
        return found
    }

    private struct Claims: Decodable {
        var iss: Lenient<String>?
        var sub: Lenient<String>?
        var aud: Audience?
        var exp: LenientInteger?
    }

    /// One text, or a list of texts.
    private struct Audience: Decodable {
        var list: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            list = (try? container.decode([String].self)) ?? (try? container.decode(String.self)).map { [$0] } ?? []
        }
    }

    private static func decodedBase64URL(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count <= 16 << 10 else { return nil }
        var standard = text.map {
            $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0
        }
        defer { wipe(&standard) }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(standard)).map { [UInt8]($0) }
    }
}
