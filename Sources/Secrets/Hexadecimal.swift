/// The sixteen digits of a way to write hex.
package struct HexDigits: Sendable {
    private let characters: StaticString

    package static let lower = HexDigits(characters: "0123456789abcdef")
    package static let upper = HexDigits(characters: "0123456789ABCDEF")

    package subscript(_ value: UInt8) -> UInt8 { characters.utf8Start[Int(value & 15)] }

    package func append(_ byte: UInt8, to text: inout WipedBuffer) {
        text.append(self[byte >> 4])
        text.append(self[byte])
    }
}

/// Lower-case hexadecimal digits.
package func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes { text += [HexDigits.lower[byte >> 4], HexDigits.lower[byte]] }
    return String(decoding: text, as: UTF8.self)
}
