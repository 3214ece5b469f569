/// An escape sequence of a terminal, as far as its length is of interest: `ESC [ 01;31 m`, `ESC ( B`, `ESC 7`.
///
/// ECMA-48, 5.3 and 5.4; the strings that it also knows, such as window titles, are not in the middle of words.
enum EscapeSequence {
    static let escape: UInt8 = 0x1B

    /// What the next byte of a sequence may be.
    enum Position {
        case first, inControlSequence, inShortSequence

        /// Reads a byte.
        ///
        /// - Returns: what comes next, nil when the sequence ends here, and whether it is still one.
        func next(after byte: UInt8) -> (position: Position?, isValid: Bool) {
            guard (0x20..<0x7F).contains(byte) else { return (nil, false) }
            switch self {
            case .first where byte == UInt8(ascii: "["): return (.inControlSequence, true)
            case .inControlSequence: return (byte < 0x40 ? .inControlSequence : nil, true)
            case .first, .inShortSequence: return (byte < 0x30 ? .inShortSequence : nil, true)
            }
        }
    }

    /// Where a sequence, or what looked like one, ends that begins at a place; nil when the text ends before.
    static func end(in text: UnsafeRawBufferPointer, from start: Int) -> (place: Int, isValid: Bool)? {
        var position = Position.first
        for place in start + 1..<max(text.count, start + 1) {
            let (next, isValid) = position.next(after: text[place])
            guard let next else { return (place + 1, isValid) }
            position = next
        }
        return nil
    }
}
