internal import Secrets

/// How many bytes `xxd -p` puts in a line.
let xxdLineBytes = 30

extension FormList {
    /// Hex in lower and in upper case; the whole, and the two parts that `xxd -p` makes of an ordinary token.
    mutating func addHexForms(of value: SecretSlice) {
        for form in hexInBothCases(of: value) { addEncoding(form, of: value) }
        addHexInBothCases(of: value.prefix(xxdLineBytes))
        addHexInBothCases(of: value.dropFirst(xxdLineBytes))
    }

    mutating func addHexInBothCases(of value: SecretSlice) {
        for form in hexInBothCases(of: value) { addFragment(form) }
    }

    private func hexInBothCases(of value: SecretSlice) -> [Secret] {
        [HexDigits.lower, .upper].map { digits in
            var form = WipedBuffer(capacity: value.count * 2)
            for byte in value { digits.append(byte, to: &form) }
            return form.secret
        }
    }
}
