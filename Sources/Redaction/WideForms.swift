internal import Secrets

extension FormList {
    /// UTF-16LE, as PowerShell redirects output, and its base64.
    mutating func addWideForms(of value: SecretSlice) {
        guard let wide = wide(value) else { return }
        addEncoding(wide, of: value, isBreakable: false)
        addBase64OfWide(of: value)
    }

    /// Letters of ASCII in upper case, as `tr a-z A-Z` makes them.
    mutating func addUpperCase(of value: SecretSlice) {
        var form = WipedBuffer(capacity: value.count)
        for byte in value { form.append((UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & ~0x20 : byte) }
        addEncoding(form.secret, of: value, isBreakable: false)
    }
}

/// A value in UTF-16LE; nil when it is not UTF-8.
func wide(_ value: SecretSlice) -> Secret? {
    var form = WipedBuffer(capacity: value.count * 2)
    var bytes = value.makeIterator()
    var decoder = UTF8()
    while true {
        switch decoder.decode(&bytes) {
        case .scalarValue(let scalar):
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                form.append(UInt8(truncatingIfNeeded: unit))
                form.append(UInt8(unit >> 8))
            }
        case .emptyInput: return form.secret
        case .error: return nil
        }
    }
}
