import FoundationEssentials

/// Encodings as other programs make them, written without a look at the room.
enum Encoding {
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        Array(Data(bytes).base64EncodedString().utf8)
    }

    static func base64URL(_ bytes: [UInt8]) -> [UInt8] {
        base64(bytes).filter { $0 != UInt8(ascii: "=") }.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
    }

    static func hex(_ bytes: [UInt8], uppercase: Bool = false) -> [UInt8] {
        bytes.flatMap { Array((($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase)).utf8) }
    }

    /// What base64 makes of bytes wherever in a longer text they stand: the characters that hold no other bits.
    static func base64InAllPlaces(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).map { inPlace($0, bytes, of: 6, base64) }
    }

    static func base32InAllPlaces(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<5).map { inPlace($0, bytes, of: 5, base32) }
    }

    private static func inPlace(
        _ offset: Int,
        _ bytes: [UInt8],
        of bits: Int,
        _ encode: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        let encoded = encode([UInt8](repeating: 0x78, count: offset) + bytes)
        return Array(encoded[((offset * 8 + bits - 1) / bits)..<((offset + bytes.count) * 8 / bits)])
    }

    /// RFC 4648, digit by digit.
    static func base32(_ bytes: [UInt8]) -> [UInt8] {
        let digits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let characters = stride(from: 0, to: digits.count, by: 5).map { start in
            alphabet[(0..<5).reduce(0) { $0 << 1 | (start + $1 < digits.count ? Int(digits[start + $1]) : 0) }]
        }
        return characters + [UInt8](repeating: UInt8(ascii: "="), count: (8 - characters.count % 8) % 8)
    }

    /// UTF-16LE of ASCII.
    static func utf16(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { [$0, 0] } }

    /// Numbers one by one.
    static func list(_ bytes: [UInt8], radix: Int, uppercase: Bool = false, before: String = "", between: String)
        -> [UInt8]
    {
        let numbers = bytes.map { byte in
            let number = String(byte, radix: radix, uppercase: uppercase)
            return before + (radix == 16 && byte < 16 ? "0" : "") + number
        }
        return Array(numbers.joined(separator: between).utf8)
    }

    /// Cuts into lines of so many bytes, each with a line end.
    static func lines(_ bytes: [UInt8], of width: Int, lineEnd: String = "\n") -> [UInt8] {
        stride(from: 0, to: bytes.count, by: width).flatMap { start in
            bytes[start..<min(start + width, bytes.count)] + Array(lineEnd.utf8)
        }
    }

    /// `xxd -p`.
    static func xxd(_ bytes: [UInt8]) -> [UInt8] {
        lines(hex(bytes), of: 60)
    }
}

/// Where a byte string stands in another, for the first time.
func place(of part: [UInt8], in text: [UInt8]) -> Int? {
    guard !part.isEmpty, text.count >= part.count else { return nil }
    return (0...(text.count - part.count)).first { text[$0] == part[0] && text[$0...].starts(with: part) }
}
