internal import Secrets

extension FormList {
    /// Percent-encoded as the usual encoders do it, with hex digits in both cases.
    ///
    /// Encoders differ in what they leave alone. A token of letters, digits, `.`, `_` and `-` comes out of all of them
    /// as it is, except out of those that encode every byte (the shell's `sed 's/../%&/g'` after `xxd -p`).
    mutating func addPercentForms(of value: SecretSlice) {
        for kept in ["", "-._~", "-._~/", "-._!~*'()", "-._*"] as [StaticString] {
            for digits in [HexDigits.lower, .upper] {
                addWhole(percentEncoded(value, keeping: kept, digits: digits))
            }
        }
    }
}

/// - Parameter kept: the punctuation that stays as it is; letters and digits do too, unless it is empty.
private func percentEncoded(_ value: SecretSlice, keeping kept: StaticString, digits: HexDigits) -> Secret {
    let punctuation = UnsafeBufferPointer(start: kept.utf8Start, count: kept.utf8CodeUnitCount)
    // HTML forms, and they alone, keep these four and write a space as a plus sign.
    let isForm = punctuation.elementsEqual("-._*".utf8)
    var form = WipedBuffer(capacity: value.count * 3)
    for byte in value {
        if isForm, byte == UInt8(ascii: " ") {
            form.append(UInt8(ascii: "+"))
        } else if punctuation.contains(byte) || (!punctuation.isEmpty && byte.isLetterOrDigit) {
            form.append(byte)
        } else {
            form.append(UInt8(ascii: "%"))
            digits.append(byte, to: &form)
        }
    }
    return form.secret
}
