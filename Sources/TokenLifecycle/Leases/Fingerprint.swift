internal import HTTPTransport
package import Secrets

/// 64 bits by which somebody who has a secret can recognise it, and from which nobody else learns anything.
///
/// A 404 means "gone" only to the account that minted; this tells whether the credential is still the same.
package struct Fingerprint: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// - Parameter salt: differs from record to record, so that records cannot be compared with each other.
    package init(of secret: Secret, salt: Nonce) {
        var bytes = Array("pulumi-token fingerprint \(salt.rawValue) ".utf8)
        secret.reveal { bytes += $0 }
        rawValue = hexadecimal(sha256(bytes).prefix(8))
        wipe(&bytes)
    }

    /// - Parameter identity: who an exchange makes us, where each credential is a new one.
    package init(ofIdentity identity: String) {
        rawValue = "identity " + identity
    }
}
