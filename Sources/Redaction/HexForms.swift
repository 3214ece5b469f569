/// How many bytes `xxd -p` puts in a line.
let xxdLineBytes = 30

extension FormList {
    /// Hex in lower and in upper case; the whole, and the two parts that `xxd -p` makes of an ordinary token.
    mutating func addHexForms(of value: SecretSlice) {
        addHexInBothCases(of: value)
        addHexInBothCases(of: value.prefix(xxdLineBytes))
        addHexInBothCases(of: value.dropFirst(xxdLineBytes))
    }

    mutating func addHexInBothCases(of value: SecretSlice) {
        for digits in [HexDigits.lower, .upper] {
            var form = SecretBuffer(capacity: value.count * 2)
            for byte in value { digits.append(byte, to: &form) }
            addFragment(form.secret)
        }
    }
}

struct HexDigits {
    private let characters: StaticString

    static let lower = HexDigits(characters: "0123456789abcdef")
    static let upper = HexDigits(characters: "0123456789ABCDEF")

    func append(_ byte: UInt8, to form: inout SecretBuffer) {
        form.append(characters.utf8Start[Int(byte >> 4)])
        form.append(characters.utf8Start[Int(byte & 15)])
    }
}
