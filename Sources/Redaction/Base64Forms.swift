internal import Secrets

extension FormList {
    /// Base64 and base64url at each of the three places in a group of three bytes where the value may begin.
    ///
    /// Only the characters that the value alone decides are kept: those at the ends also hold bits of what stands
    /// before or after it, and the padding is there only when nothing follows.
    mutating func addBase64Forms(of value: SecretSlice) {
        for alphabet in [Base64Alphabet.standard, .url] {
            for offset in 0..<3 {
                addEncoding(alphabet.stableCharacters(of: value, precededBy: offset), of: value)
            }
        }
    }

    /// The lines into which `base64` (76 characters) and `openssl base64` (64) break a long value, and `xxd -p`
    /// (30 bytes) a value of any length: each alone, as when a program shows some of them.
    mutating func addBrokenLines(of value: SecretSlice) {
        for alphabet in [Base64Alphabet.standard, .url] {
            for lineBytes in [76 / 4 * 3, 64 / 4 * 3] where value.count > lineBytes {
                for line in value.pieces(of: lineBytes) {
                    addFragment(alphabet.stableCharacters(of: line, precededBy: 0))
                }
            }
        }
        for line in value.pieces(of: xxdLineBytes) { addHexInBothCases(of: line) }
    }
}

private struct Base64Alphabet {
    let characters: StaticString

    static let standard = Base64Alphabet(
        characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
    static let url = Base64Alphabet(characters: Base64URL.alphabet)

    /// The characters that hold bits of the value only, when so many unknown bytes precede it in its group.
    func stableCharacters(of value: SecretSlice, precededBy offset: Int) -> Secret {
        var encoded = WipedBuffer(capacity: value.count * 4 / 3 + 1)
        var bits: UInt32 = 0
        var bitCount = 0
        // The first of the value's bits that begin a character: the bits before it share one with the unknown bytes.
        var skipped = (6 - offset * 8 % 6) % 6
        for byte in value {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            if skipped > 0 {
                bitCount -= skipped
                skipped = 0
            }
            while bitCount >= 6 {
                bitCount -= 6
                encoded.append(characters.utf8Start[Int(bits >> UInt32(bitCount) & 63)])
            }
        }
        return encoded.secret
    }
}
