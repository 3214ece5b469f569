package import HostSystem
internal import Secrets

/// 128 random bits, as 22 characters of base64url: what makes one mint recognisable in the list of tokens.
package struct Nonce: RawRepresentable, Hashable, Sendable {
    package static let length = 22

    package let rawValue: String

    /// nil unless it is 22 characters of base64url.
    package init?(rawValue: String) {
        guard rawValue.utf8.count == Self.length, rawValue.utf8.allSatisfy(Base64URL.isDigit) else { return nil }
        self.rawValue = rawValue
    }

    package init(from random: Randomness) {
        rawValue = Base64URL.encoded(random.bytes(16))
    }
}
