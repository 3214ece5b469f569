package import HostSystem

/// 128 random bits, as 22 characters of base64url: what makes one mint recognisable in the list of tokens.
package struct Nonce: RawRepresentable, Hashable, Sendable {
    package static let length = 22

    package let rawValue: String

    /// nil unless it is 22 characters of base64url.
    package init?(rawValue: String) {
        guard rawValue.utf8.count == Self.length, rawValue.utf8.allSatisfy(Self.alphabet.contains) else { return nil }
        self.rawValue = rawValue
    }

    package init(from random: Randomness) {
        let bytes = random.bytes(16)
        var bits: UInt32 = 0
        var width = 0
        var text: [UInt8] = []
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            width += 8
            while width >= 6 {
                width -= 6
                text.append(Self.alphabet[Int(bits >> UInt32(width)) & 63])
            }
        }
        text.append(Self.alphabet[Int(bits << UInt32(6 - width)) & 63])
        rawValue = String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}
