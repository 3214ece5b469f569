internal import HTTPTransport
internal import Secrets

/// Which run of a CI system, or which session, a token was minted for: 16 hexadecimal digits.
package struct RunTag: RawRepresentable, Hashable, Sendable {
    package static let length = 16

    package let rawValue: String

    /// nil unless it is 16 lower-case hexadecimal digits.
    package init?(rawValue: String) {
        guard rawValue.utf8.count == Self.length, rawValue.allSatisfy({ "0123456789abcdef".contains($0) }) else {
            return nil
        }
        self.rawValue = rawValue
    }

    /// - Parameter canonical: what names the run in full, the same in each of its jobs.
    package init(hashing canonical: String) {
        rawValue = hexadecimal(sha256(Array(canonical.utf8)).prefix(Self.length / 2))
    }
}
