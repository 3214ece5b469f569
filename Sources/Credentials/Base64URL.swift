internal import Redaction

/// The bytes of base64url text without padding, as JSON Web Tokens have it; nil when it is none.
func decodedBase64URL(_ text: some Sequence<UInt8>) -> Secret? {
    var buffer = SecretBuffer()
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
        guard let digit = base64URLValue(byte) else { return nil }
        bits = bits << 6 | digit
        count += 6
        guard count >= 8 else { continue }
        count -= 8
        buffer.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    // Six bits that are left over belong to no byte.
    return count < 6 ? buffer.secret : nil
}

private func base64URLValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
}
