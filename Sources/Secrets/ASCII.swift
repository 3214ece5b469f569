/// The classes of bytes that formats are made of; beyond ASCII, a byte is in none of them.
extension UInt8 {
    package static let lineFeed = UInt8(ascii: "\n")
    package static let carriageReturn = UInt8(ascii: "\r")
    package static let blank = UInt8(ascii: " ")

    package var isLineEnd: Bool { self == .lineFeed || self == .carriageReturn }

    /// `0` to `9`.
    package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// `A` to `Z` and `a` to `z`.
    package var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    package var isLetterOrDigit: Bool { isLetter || isDigit }
}
