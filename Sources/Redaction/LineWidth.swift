internal import Secrets

/// How many characters of an encoding stand in a row before a place; no more are counted than matter.
///
/// `xxd -p` breaks lines after 60 characters, `openssl base64` after 64, `base64` and `base32` after 76, `od` after 48,
/// and hex dumps of 16 bytes a line after 32. Shorter lines are words, which nobody has broken: after them nothing has
/// to wait.
struct LineWidth {
    /// From which width on a line may have been broken in the middle of a form.
    static let narrowest = 32

    /// The widths at the end of what was read: of base64, and of lists of bytes.
    private var atEnd = (base64: 0, list: 0)

    /// Whether a line end at a place may be one that breaks a form.
    func isEnough(before place: Int, of chunk: UnsafeRawBufferPointer) -> Bool {
        width(of: \.isOfBase64, atEnd.base64, before: place, of: chunk) == Self.narrowest
            || width(of: \.isOfByteList, atEnd.list, before: place, of: chunk) == Self.narrowest
    }

    /// Remembers the end of a chunk for the next one.
    mutating func read(_ chunk: UnsafeRawBufferPointer) {
        atEnd = (
            width(of: \.isOfBase64, atEnd.base64, before: chunk.count, of: chunk),
            width(of: \.isOfByteList, atEnd.list, before: chunk.count, of: chunk)
        )
    }

    private func width(
        of isOfEncoding: (UInt8) -> Bool,
        _ atEnd: Int,
        before place: Int,
        of chunk: UnsafeRawBufferPointer
    ) -> Int {
        var width = 0
        while width < Self.narrowest {
            guard width < place else { return min(width + atEnd, Self.narrowest) }
            guard isOfEncoding(chunk[place - width - 1]) else { return width }
            width += 1
        }
        return width
    }
}

extension UInt8 {
    /// Whether base64, base64url, base32 or hex has this character, padding aside.
    fileprivate var isOfBase64: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isLetterOrDigit
        }
    }

    /// Whether a list of bytes in hex or decimal has this character.
    fileprivate var isOfByteList: Bool {
        switch self {
        case .blank, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "-"): true
        case UInt8(ascii: "x"), UInt8(ascii: "\\"): true
        default: isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
        }
    }
}
