package import Secrets

extension Secret {
    /// The value, for comparisons in tests.
    package var bytes: [UInt8] { reveal { Array($0) } }

    /// The value as text, for comparisons in tests.
    package var plainText: String { String(decoding: bytes, as: UTF8.self) }
}
