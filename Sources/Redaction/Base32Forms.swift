internal import Secrets

/// RFC 4648, section 6.
private let base32Alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

extension FormList {
    /// Base32 at each of the five places in a group of five bytes where the value may begin.
    mutating func addBase32Forms(of value: SecretSlice) {
        for offset in 0..<5 {
            let form = stableCharacters(of: value, precededBy: offset, ofBits: 5, in: base32Alphabet)
            addEncoding(form, of: value, isBreakable: true)
        }
    }
}

/// The characters of an encoding that hold bits of the value only, when so many unknown bytes precede it.
///
/// Those at the ends also hold bits of what stands before or after the value, and the padding is there only when nothing
/// follows.
///
/// - Parameter width: how many bits a character holds.
func stableCharacters(
    of value: SecretSlice,
    precededBy offset: Int,
    ofBits width: Int,
    in alphabet: StaticString
) -> Secret {
    var encoded = WipedBuffer(capacity: value.count * 8 / width + 1)
    var bits: UInt32 = 0
    var bitCount = 0
    // The first of the value's bits that begin a character: the bits before it share one with the unknown bytes.
    var skipped = (width - offset * 8 % width) % width
    for byte in value {
        bits = bits << 8 | UInt32(byte)
        bitCount += 8
        if skipped > 0 {
            bitCount -= skipped
            skipped = 0
        }
        while bitCount >= width {
            bitCount -= width
            encoded.append(alphabet.utf8Start[Int(bits >> UInt32(bitCount)) & (1 << width - 1)])
        }
    }
    return encoded.finish()
}
