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
