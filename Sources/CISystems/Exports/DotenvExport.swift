package import Secrets

/// `NAME=VALUE` lines that every reader of such files understands alike: GitLab's reports, Docker, shells, libraries.
///
/// They disagree about quotes, blanks, `#`, `$` and backslashes, so a value that holds one is refused.
package enum DotenvExport {
    package static func text(of variables: [ExportedVariable]) throws(ExportError) -> Secret {
        for variable in variables { try check(variable) }
        return Secret { sink in
            for variable in variables {
                sink.append("\(variable.name)=")
                sink.append(variable.value)
                sink.append(.lineFeed)
            }
        }
    }

    /// Whether a file was written by an earlier mint: there are the names that come with a token, and no others.
    ///
    /// - Parameter names: the variables that receive the token.
    package static func isOwn(_ content: [UInt8], _ names: [String]) -> Bool {
        let found = content.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        }
        return found.contains(where: marks.contains)
            && found.allSatisfy { names.contains($0) || marks.contains($0) || companions.contains($0) }
    }

    /// What comes with a token, and what users hardly set themselves.
    private static let marks: Set = ["PULUMI_ACCESS_TOKEN_ID", "PULUMI_TOKEN_SESSION", "PULUMI_CREDENTIAL_HELPER"]
    private static let companions: Set = [
        "PULUMI_CREDENTIALS_PATH", "PULUMI_BACKEND_URL", "PULUMI_API", "PULUMI_TOKEN_VARIABLE",
    ]

    private static func check(_ variable: ExportedVariable) throws(ExportError) {
        guard VariableName.isWellFormed(variable.name) else { throw .unusableName(variable.name, .malformed) }
        guard variable.value.withBytes({ isValidUTF8($0) && $0.allSatisfy(isPlain) }) else {
            throw .unrepresentable(
                name: variable.name,
                format: "a line of an environment file",
                reason: "it contains a character that dotenv readers interpret differently"
            )
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_.:/@%+,=-".utf8.contains(byte)
        }
    }
}
