/// A text as a path segment or as a name or value of a query: all but RFC 3986's unreserved bytes as `%XX`.
package func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    // A segment of dots alone would be folded away under way.
    let isDots = text == "." || text == ".."
    for byte in text.utf8 {
        if isUnreserved(byte), !isDots {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

func isUnreserved(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "-._~".utf8.contains(byte)
}

func isHostByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "-._".utf8.contains(byte)
}

func isIPv6Byte(_ byte: UInt8) -> Bool {
    isDigit(byte) || "abcdef:.".utf8.contains(byte)
}

func isPathByte(_ byte: UInt8) -> Bool {
    isUnreserved(byte) || "/%!$&'()*+,;=:@".utf8.contains(byte)
}

private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
