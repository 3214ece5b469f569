internal import Secrets

/// How programs write bytes one by one: `70 75`, `0x70, 0x75`, `[112 117]`.
struct ByteListStyle {
    /// How a byte is written.
    enum Notation {
        case hex(HexDigits)
        case decimal
    }

    let notation: Notation
    /// What stands before each byte.
    var prefix: StaticString = ""
    /// What stands between two bytes.
    var separator: StaticString = ""

    /// `od -An -tx1`, Go's `% x`, Python's `bytes.hex`, C arrays, shell escapes, and lists as Go and Python print them.
    static let all = hexStyles(.lower) + hexStyles(.upper) + decimalStyles

    /// Those that a CI system is told of.
    static let likeliest = likeliestHexStyles(.lower) + decimalStyles

    private static func hexStyles(_ digits: HexDigits) -> [ByteListStyle] {
        likeliestHexStyles(digits) + [
            ByteListStyle(notation: .hex(digits), prefix: "0x", separator: ","),
            ByteListStyle(notation: .hex(digits), prefix: "0x", separator: " "),
            ByteListStyle(notation: .hex(digits), separator: "-"),
            ByteListStyle(notation: .hex(digits), separator: ","),
            ByteListStyle(notation: .hex(digits), separator: ", "),
        ]
    }

    private static func likeliestHexStyles(_ digits: HexDigits) -> [ByteListStyle] {
        [
            ByteListStyle(notation: .hex(digits), separator: " "),
            ByteListStyle(notation: .hex(digits), separator: ":"),
            ByteListStyle(notation: .hex(digits), prefix: "\\x"),
            ByteListStyle(notation: .hex(digits), prefix: "0x", separator: ", "),
        ]
    }

    private static let decimalStyles = [", ", " ", ","].map { ByteListStyle(notation: .decimal, separator: $0) }

    fileprivate func text(of value: SecretSlice) -> Secret {
        var form = WipedBuffer(capacity: value.count * 6)
        for (place, byte) in value.enumerated() {
            if place > 0 { form.append(separator) }
            form.append(prefix)
            switch notation {
            case .hex(let digits): digits.append(byte, to: &form)
            case .decimal: appendDecimal(byte, to: &form)
            }
        }
        return form.secret
    }

    private func appendDecimal(_ byte: UInt8, to form: inout WipedBuffer) {
        if byte >= 100 { form.append(UInt8(ascii: "0") + byte / 100) }
        if byte >= 10 { form.append(UInt8(ascii: "0") + byte / 10 % 10) }
        form.append(UInt8(ascii: "0") + byte % 10)
    }
}

extension FormList {
    /// The bytes of the secret in a list of bytes.
    ///
    /// Lines may end inside of all of them: `od` breaks after 16 bytes, `xxd -i` after 12, and a line end may take the
    /// place of a blank.
    mutating func addByteList(_ style: ByteListStyle, of value: SecretSlice) {
        addEncoding(style.text(of: value), of: value, isBreakable: true)
    }
}

extension WipedBuffer {
    fileprivate mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
