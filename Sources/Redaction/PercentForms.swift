internal import Secrets

extension FormList {
    /// Percent-encoded as the usual encoders do it, with hex digits in both cases.
    ///
    /// Encoders differ in what they leave alone. A token of letters, digits, `.`, `_` and `-` comes out of most of them
    /// as it is; some keep letters and digits only, and some encode every byte (`sed 's/../%&/g'` after `xxd -p`).
    mutating func addPercentForms(of value: SecretSlice) {
        addEncodingOfEveryByte(of: value)
        for kept in ["", "-._~", "-._~/", "-._!~*'()", "-._*"] as [StaticString] {
            for digits in [HexDigits.lower, .upper] {
                addWhole(percentEncoded(value, keeping: kept, digits: digits))
            }
        }
    }

    /// Every byte percent-encoded.
    mutating func addEncodingOfEveryByte(of value: SecretSlice) {
        for digits in [HexDigits.lower, .upper] {
            addWhole(percentEncoded(value, keeping: nil, digits: digits))
        }
    }
}

/// - Parameter kept: the punctuation that stays as it is, as letters and digits do; nil when nothing stays.
private func percentEncoded(_ value: SecretSlice, keeping kept: StaticString?, digits: HexDigits) -> Secret {
    let punctuation = UnsafeBufferPointer(start: kept?.utf8Start, count: kept?.utf8CodeUnitCount ?? 0)
    // HTML forms, and they alone, keep these four and write a space as a plus sign.
    let isForm = punctuation.elementsEqual("-._*".utf8)
    var form = WipedBuffer(capacity: value.count * 3)
    for byte in value {
        if isForm, byte == UInt8(ascii: " ") {
            form.append(UInt8(ascii: "+"))
        } else if punctuation.contains(byte) || (kept != nil && byte.isLetterOrDigit) {
            form.append(byte)
        } else {
            form.append(UInt8(ascii: "%"))
            digits.append(byte, to: &form)
        }
    }
    return form.secret
}
