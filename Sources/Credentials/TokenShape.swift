package import Secrets

/// What a token looks like: one line of printable characters.
///
/// Anything else could not be sent in a header.
package enum TokenShape {
    /// What a value has that a token has not.
    package enum Problem: Error, Equatable, Sendable {
        case empty, tooLong, severalLines, blanks, unprintable, unreplaced
        /// Quotes around it, which a shell would have taken away.
        case quoted
        /// `NAME=` before it.
        case assignment
        case json
        /// Of a file that may hold it.
        case path
        /// It is another service's; whose.
        case foreign(String)

        /// As the end of a sentence whose subject is the value.
        package var explanation: String {
            switch self {
            case .empty: "is empty"
            case .tooLong: "is longer than a token can be"
            case .severalLines: "has several lines"
            case .blanks: "contains spaces or tabs"
            case .unprintable: "has a character that no token has"
            case .unreplaced: "contains the name of a variable that the CI system did not replace"
            case .quoted: "is in quotes"
            case .assignment: "begins with the name of a variable"
            case .json: "is JSON"
            case .path: "is a path"
            case .foreign(let owner): "is a token of \(owner)"
            }
        }
    }

    /// The longest value that is taken for a token, in bytes: identity tokens have some thousand.
    static let limit = 16 << 10

    /// The value without the blanks, line ends and byte order mark that files and pasted secrets bring along, if it
    /// looks like a token.
    package static func check(_ value: Secret) throws(Problem) -> Secret {
        try value.reveal { bytes throws(Problem) in
            let token = trimmed(bytes)
            if let problem = problem(with: token) { throw problem }
            return Secret(copying: token)
        }
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var rest = bytes[...]
        while true {
            if rest.starts(with: byteOrderMark) {
                rest = rest.dropFirst(byteOrderMark.count)
            } else if let first = rest.first, isBlank(first) {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return UnsafeRawBufferPointer(rebasing: rest)
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func problem(with bytes: UnsafeRawBufferPointer) -> Problem? {
        if bytes.isEmpty { return .empty }
        if bytes.count > limit { return .tooLong }
        // `${{ secrets.NAME }}` on GitHub, `$(NAME)` on Azure, `$NAME` or `${NAME}` elsewhere: what is left when there
        // is no such variable.
        if bytes.first == UInt8(ascii: "$") { return .unreplaced }
        if bytes.first.map(isQuote) == true || bytes.last.map(isQuote) == true { return .quoted }
        if bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") { return .json }
        if isPath(bytes) { return .path }
        if beginsWithName(bytes) { return .assignment }
        if bytes.contains(where: \.isLineEnd) { return .severalLines }
        if bytes.contains(0x20) || bytes.contains(0x09) { return .blanks }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .unprintable }
        return owners.first { bytes.starts(with: $0.prefix.utf8) }.map { .foreign($0.owner) }
    }

    /// A double or single quote, or a backtick.
    private static func isQuote(_ byte: UInt8) -> Bool { [0x22, 0x27, 0x60].contains(byte) }

    /// An absolute path of two names or more, which base64 could only be by chance.
    private static func isPath(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.first == UInt8(ascii: "/") && bytes.dropFirst(2).contains(UInt8(ascii: "/"))
            && !bytes.contains(UInt8(ascii: "+")) && bytes.last != UInt8(ascii: "=")
    }

    /// `PULUMI_ACCESS_TOKEN=`, with a value behind it.
    ///
    /// A `=` at the end of base64 has none.
    private static func beginsWithName(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isExport = bytes.starts(with: "export ".utf8)
        let line = bytes.dropFirst(isExport ? 7 : 0)
        let name = line.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0.isDigit || $0 == 0x5F }
        let value = line.dropFirst(name.count)
        return name.count > 2 && value.first == UInt8(ascii: "=") && value.dropFirst().contains { $0 != 0x3D }
    }

    private static let owners: [(prefix: String, owner: String)] = [
        ("ghp_", "GitHub"), ("gho_", "GitHub"), ("ghu_", "GitHub"), ("ghs_", "GitHub"), ("ghr_", "GitHub"),
        ("github_pat_", "GitHub"), ("glpat-", "GitLab"), ("AKIA", "AWS"), ("ASIA", "AWS"),
    ]
}
