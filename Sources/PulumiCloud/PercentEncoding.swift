internal import Secrets

/// A text as a path segment or as a name or value of a query: all but RFC 3986's unreserved bytes as `%XX`.
package func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    // A segment of dots alone would be folded away under way.
    let isDots = text == "." || text == ".."
    for byte in text.utf8 {
        if isUnreserved(byte), !isDots {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), HexDigits.upper[byte >> 4], HexDigits.upper[byte]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

func isUnreserved(_ byte: UInt8) -> Bool {
    byte.isLetterOrDigit || "-._~".utf8.contains(byte)
}

func isHostByte(_ byte: UInt8) -> Bool {
    byte.isLetterOrDigit || "-._".utf8.contains(byte)
}

func isIPv6Byte(_ byte: UInt8) -> Bool {
    byte.isDigit || "abcdef:.".utf8.contains(byte)
}

func isPathByte(_ byte: UInt8) -> Bool {
    isUnreserved(byte) || "/%!$&'()*+,;=:@".utf8.contains(byte)
}
