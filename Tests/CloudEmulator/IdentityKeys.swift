/// The signing keys of identity providers, made when first needed.
struct IdentityKeys: Sendable {
    private var keys: [SigningKey] = []

    /// The key with which an issuer signs.
    mutating func key(of issuer: String, _ algorithm: SigningKey.Algorithm) throws(EmulatorError) -> SigningKey {
        if let key = keys.first(where: { $0.issuer == issuer && $0.algorithm == algorithm }) { return key }
        let key = try SigningKey(issuer: issuer, algorithm: algorithm)
        keys.append(key)
        return key
    }

    /// A key that an issuer has published; nil for a stranger's.
    func key(withID id: String) -> SigningKey? {
        keys.first { $0.id == id }
    }
}
