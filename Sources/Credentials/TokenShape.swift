package import Redaction

/// What a token looks like: one line of printable characters.
///
/// Anything else could not be sent in a header.
package enum TokenShape {
    /// What a value has that a token has not.
    package enum Problem: Error, Equatable, Sendable {
        case empty, tooLong, severalLines, blanks, unprintable

        /// As the end of a sentence that begins with the place of the value.
        package var explanation: String {
            switch self {
            case .empty: "is empty"
            case .tooLong: "is longer than a token can be"
            case .severalLines: "has several lines"
            case .blanks: "has blanks in it"
            case .unprintable: "has a character that no token has"
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

    private static func problem(with bytes: UnsafeRawBufferPointer) -> Problem? {
        if bytes.isEmpty { return .empty }
        if bytes.count > limit { return .tooLong }
        if bytes.contains(0x0A) || bytes.contains(0x0D) { return .severalLines }
        if bytes.contains(0x20) || bytes.contains(0x09) { return .blanks }
        return bytes.allSatisfy { (0x21...0x7E).contains($0) } ? nil : .unprintable
    }
}
