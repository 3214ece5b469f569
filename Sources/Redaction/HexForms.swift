internal import Secrets

/// How many bytes `xxd -p` puts in a line.
let xxdLineBytes = 30

extension FormList {
    /// Hex in lower and in upper case.
    mutating func addHexForms(of value: SecretSlice) {
        for form in hexInBothCases(of: value) { addEncoding(form, of: value, isBreakable: true) }
    }

    /// The lines into which `xxd -p` breaks a value: each alone, as when a program shows some of them.
    mutating func addHexLines(of value: SecretSlice) {
        for line in value.pieces(of: xxdLineBytes) { addHexFragments(of: line) }
    }

    /// Hex in two parts, as `xxd -p` breaks an ordinary token, with and without its prefix.
    ///
    /// Where both parts are masked, so is the whole.
    mutating func addHexMasks(of value: SecretSlice) {
        let part = value.withoutPublicPrefix
        let first = value.prefix(xxdLineBytes)
        let rests = [value.dropFirst(xxdLineBytes), part.dropFirst(xxdLineBytes)]
        // A rest that is too short to be masked alone would be shown.
        let isWhole = (1..<shortestFragment / 2).contains(rests[0].count)
        addHexFragments(of: isWhole ? part : first.withoutPublicPrefix)
        for rest in rests { addHexFragments(of: rest) }
    }

    private mutating func addHexFragments(of value: SecretSlice) {
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
