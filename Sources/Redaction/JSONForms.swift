internal import Secrets

extension FormList {
    /// The body of a JSON string as JavaScript, PHP (`\/`), Go (`\u003c`) and Python (`\u00e9`) write it.
    mutating func addJSONForms(of value: SecretSlice) {
        for style in [JSONStyle.plain, .escapingSlashes, .escapingMarkup] {
            var form = WipedBuffer(capacity: value.count * 2)
            for byte in value { style.append(byte, to: &form) }
            addWhole(form.secret)
        }
        if let form = asciiJSON(value) { addWhole(form) }
    }
}

private enum JSONStyle {
    case plain
    case escapingSlashes
    case escapingMarkup

    func append(_ byte: UInt8, to form: inout WipedBuffer) {
        if let letter = letterEscape(of: byte) {
            form.append(UInt8(ascii: "\\"))
            form.append(letter)
        } else if byte < 0x20 || (self == .escapingMarkup && "<>&".utf8.contains(byte)) {
            appendUnicodeEscape(of: UInt16(byte), to: &form)
        } else {
            form.append(byte)
        }
    }

    private func letterEscape(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case UInt8(ascii: "/"): self == .escapingSlashes ? byte : nil
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }
}

/// All that is not ASCII as `\u` escapes; nil when the value is no UTF-8.
private func asciiJSON(_ value: SecretSlice) -> Secret? {
    var form = WipedBuffer(capacity: value.count * 2)
    var bytes = value.makeIterator()
    var decoder = UTF8()
    while true {
        switch decoder.decode(&bytes) {
        case .scalarValue(let scalar) where scalar.isASCII: JSONStyle.plain.append(UInt8(scalar.value), to: &form)
        case .scalarValue(let scalar): for unit in String(scalar).utf16 { appendUnicodeEscape(of: unit, to: &form) }
        case .emptyInput: return form.secret
        case .error: return nil
        }
    }
}

private func appendUnicodeEscape(of unit: UInt16, to form: inout WipedBuffer) {
    form.append("\\u")
    HexDigits.lower.append(UInt8(unit >> 8), to: &form)
    HexDigits.lower.append(UInt8(unit & 0xFF), to: &form)
}
