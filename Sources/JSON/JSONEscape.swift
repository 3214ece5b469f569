/// One escape sequence in a JSON string: a backslash and a letter, or `\u` and a code, or two of these.
struct JSONEscape {
    let scalar: Unicode.Scalar
    /// In bytes, the backslash included.
    let length: Int

    /// - Parameter text: begins with the backslash. nil when it is no escape sequence, or half a surrogate pair.
    init?(_ text: Slice<UnsafeRawBufferPointer>) {
        guard let letter = text.dropFirst().first else { return nil }
        guard letter == UInt8(ascii: "u") else {
            guard let scalar = Self.scalar(of: letter) else { return nil }
            self.scalar = scalar
            length = 2
            return
        }
        guard let unit = Self.unit(text) else { return nil }
        if let scalar = Unicode.Scalar(unit) {
            self.scalar = scalar
            length = 6
            return
        }
        guard UTF16.isLeadSurrogate(unit), let low = Self.unit(text.dropFirst(6)), UTF16.isTrailSurrogate(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        else { return nil }
        self.scalar = scalar
        length = 12
    }

    private static func scalar(of letter: UInt8) -> Unicode.Scalar? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    /// The code of `\uXXXX`.
    private static func unit(_ text: Slice<UnsafeRawBufferPointer>) -> UInt16? {
        let bytes = text.prefix(6)
        guard bytes.count == 6, bytes.starts(with: "\\u".utf8) else { return nil }
        var unit: UInt16 = 0
        for byte in bytes.dropFirst(2) {
            guard let digit = hexadecimalValue(byte) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
