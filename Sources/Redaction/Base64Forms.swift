internal import Secrets

/// The alphabets of base64 and of base64url.
private let base64Alphabets: [StaticString] = [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", Base64URL.alphabet,
]

extension FormList {
    /// Base64 and base64url at each of the three places in a group of three bytes where the value may begin.
    mutating func addBase64Forms(of value: SecretSlice) {
        for form in base64InAllPlaces(of: value) { addEncoding(form, of: value, isBreakable: true) }
    }

    /// The lines into which `base64` (76 characters) and `openssl base64` (64) break a long value: each alone, as when a
    /// program shows some of them.
    mutating func addBase64Lines(of value: SecretSlice) {
        for alphabet in base64Alphabets {
            for lineBytes in [76 / 4 * 3, 64 / 4 * 3] where value.count > lineBytes {
                for line in value.pieces(of: lineBytes) {
                    addFragment(stableCharacters(of: line, precededBy: 0, ofBits: 6, in: alphabet))
                }
            }
        }
    }

    /// Base64 of base64, in its nine alignments.
    mutating func addBase64Twice(of value: SecretSlice) {
        for once in base64InAllPlaces(of: value) {
            once.reveal { once in
                for twice in base64InAllPlaces(of: once[...]) { addEncoding(twice, of: value, isBreakable: true) }
            }
        }
    }

    /// Base64 of UTF-16LE, as PowerShell's `-EncodedCommand` takes it.
    mutating func addBase64OfWide(of value: SecretSlice) {
        guard let wide = wide(value) else { return }
        wide.reveal { wide in
            for form in base64InAllPlaces(of: wide[...]) { addEncoding(form, of: value, isBreakable: true) }
        }
    }
}

/// None twice: the alphabets differ in two characters, which no encoding of usual text has.
private func base64InAllPlaces(of value: SecretSlice) -> [Secret] {
    var forms: [Secret] = []
    for alphabet in base64Alphabets {
        for place in 0..<3 {
            let form = stableCharacters(of: value, precededBy: place, ofBits: 6, in: alphabet)
            if !forms.contains(form) { forms.append(form) }
        }
    }
    return forms
}
