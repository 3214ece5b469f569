/// Base64url without padding, as JSON Web Tokens have it: RFC 4648, section 5.
package enum Base64URL {
    /// The sixty-four characters, in the order of their values.
    package static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    package static func isDigit(_ byte: UInt8) -> Bool { value(of: byte) != nil }

    /// The text for some bytes, which are no secret.
    package static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var width = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            width += 8
            while width >= 6 {
                width -= 6
                text.append(alphabet.utf8Start[Int(bits >> UInt32(width)) & 63])
            }
        }
        if width > 0 { text.append(alphabet.utf8Start[Int(bits << UInt32(6 - width)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that a text stands for; nil when it is not base64url.
    package static func decoded(_ text: some Sequence<UInt8>) -> Secret? {
        var buffer = WipedBuffer()
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            guard let digit = value(of: byte) else { return nil }
            bits = bits << 6 | digit
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            buffer.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        // Six bits that are left over belong to no byte.
        return count < 6 ? buffer.secret : nil
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
