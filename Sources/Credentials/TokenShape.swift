package import Secrets

/// What a token looks like: one line of printable characters.
///
/// Anything else could not be sent in a header.
package enum TokenShape {
    /// What a value has that a token has not.
    package enum Problem: Error, Equatable, Sendable {
        case empty, tooLong, severalLines, blanks, unprintable, unreplaced

        /// As the end of a sentence that begins with the place of the value.
        package var explanation: String {
            switch self {
            case .empty: "is empty"
            case .tooLong: "is longer than a token can be"
            case .severalLines: "has several lines"
            case .blanks: "has blanks in it"
            case .unprintable: "has a character that no token has"
            case .unreplaced: "holds the name of a variable that the CI system did not replace"
            }
        }
    }

    /// The longest value that is taken for a token, in bytes: identity tokens have some thousand.
    static let limit = 16 << 10

    /// The value without the line end that files and pasted secrets bring along, if it looks like a token.
    package static func check(_ value: Secret) -> Result<Secret, Problem> {
        value.reveal { bytes in
            let end = bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
            let token = UnsafeRawBufferPointer(rebasing: bytes[..<end])
            if let problem = problem(with: token) { return .failure(problem) }
            return .success(Secret(copying: token))
        }
    }

    /// A text without what looks like a personal, team or organization token, `pul-` and 40 hexadecimal digits: one that
    /// was written where something else belongs must not come back in a message.
    package static func hidden(in text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= shortestSecret else { return text }
        var shown: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.first {
            let digits: ArraySlice<UInt8> =
                rest.starts(with: prefix) ? rest.dropFirst(prefix.count).prefix(while: isHexadecimalDigit) : []
            if digits.count >= shortestSecret {
                shown += Array("***".utf8)
                rest = rest[digits.endIndex...]
            } else {
                shown.append(byte)
                rest = rest.dropFirst()
            }
        }
        return shown.count == bytes.count ? text : String(decoding: shown, as: UTF8.self)
    }

    private static let prefix = Array("pul-".utf8)

    /// A shorter one is a word, such as those of tests and documentation.
    private static let shortestSecret = 32

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        byte.isDigit
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    private static func problem(with bytes: UnsafeRawBufferPointer) -> Problem? {
        if bytes.isEmpty { return .empty }
        if bytes.count > limit { return .tooLong }
        if bytes.contains(0x0A) || bytes.contains(0x0D) { return .severalLines }
        if bytes.contains(0x20) || bytes.contains(0x09) { return .blanks }
        // `$(NAME)` on Azure, `$NAME` or `${NAME}` elsewhere: what is left when there is no such variable.
        if bytes.first == UInt8(ascii: "$") { return .unreplaced }
        return bytes.allSatisfy { (0x21...0x7E).contains($0) } ? nil : .unprintable
    }
}
