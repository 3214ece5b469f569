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
