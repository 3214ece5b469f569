internal import Secrets

/// How many characters of base64 or hex stand in a row before a place; no more are counted than matter.
///
/// `xxd -p` breaks lines after 60 characters, `openssl base64` after 64, `base64` after 76, and hex dumps of 16 bytes a
/// line after 32. Shorter lines are words, which nobody has broken: after them nothing has to wait.
struct LineWidth {
    /// From which width on a line may have been broken in the middle of a form.
    static let narrowest = 32

    /// The width at the end of what was read.
    private var atEnd = 0

    /// Whether a line end at a place may be one that breaks a form.
    func isEnough(before place: Int, of chunk: UnsafeRawBufferPointer) -> Bool {
        width(before: place, of: chunk) == Self.narrowest
    }

    /// Remembers the end of a chunk for the next one.
    mutating func read(_ chunk: UnsafeRawBufferPointer) {
        atEnd = width(before: chunk.count, of: chunk)
    }

    private func width(before place: Int, of chunk: UnsafeRawBufferPointer) -> Int {
        var width = 0
        while width < Self.narrowest {
            guard width < place else { return min(width + atEnd, Self.narrowest) }
            guard chunk[place - width - 1].isOfBase64 else { return width }
            width += 1
        }
        return width
    }
}

extension UInt8 {
    /// Whether base64, base64url or hex has this character, padding aside.
    fileprivate var isOfBase64: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isLetterOrDigit
        }
    }
}
