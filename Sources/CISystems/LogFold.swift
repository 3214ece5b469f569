internal import Secrets

/// How lines of the log are made a section that can be folded.
package enum FoldStyle: Sendable, Equatable {
    case gitHubGroups(Masking.Dialect)
    case gitLabSections
    case azureGroups
    /// A section ends where the next one begins.
    case buildkiteHeaders
    case teamCityBlocks
    case travisFolds
    case none
}

/// A section of the log: the line before it and the line after it.
package struct LogFold: Sendable, Equatable {
    fileprivate let style: FoldStyle
    fileprivate let title: String
    fileprivate let name: String

    /// The first line, with its newline.
    ///
    /// `unixTime` in seconds.
    package func opening(at unixTime: Int64) -> String {
        switch style {
        case .gitHubGroups(let dialect): "::group::\(workflowData(title, dialect))\n"
        case .gitLabSections:
            "\u{1B}[0Ksection_start:\(unixTime):\(name)[collapsed=true]\r\u{1B}[0K\(title)\n"
        case .azureGroups: "##[group]\(title)\n"
        case .buildkiteHeaders: "--- \(title)\n"
        case .teamCityBlocks: "##teamcity[blockOpened name='\(teamCityValue(title))']\n"
        case .travisFolds: "travis_fold:start:\(name)\r\u{1B}[0K\(title)\n"
        case .none: ""
        }
    }

    /// The last line, with its newline, which Travis wants none of; empty where a section needs no end.
    package func closing(at unixTime: Int64) -> String {
        switch style {
        case .gitHubGroups: "::endgroup::\n"
        case .gitLabSections: "\u{1B}[0Ksection_end:\(unixTime):\(name)\r\u{1B}[0K\n"
        case .azureGroups: "##[endgroup]\n"
        case .teamCityBlocks: "##teamcity[blockClosed name='\(teamCityValue(title))']\n"
        case .travisFolds: "travis_fold:end:\(name)\r\u{1B}[0K"
        case .buildkiteHeaders, .none: ""
        }
    }
}

extension CISystem {
    /// A section for the log; nil where the system has none.
    ///
    /// - Parameter name: unlike that of every other section of the job; what is no letter or digit becomes `_`.
    package func fold(_ title: String, name: String) -> LogFold? {
        guard folding != .none else { return nil }
        let name = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return LogFold(style: folding, title: onOneLine(title), name: name)
    }
}

/// Escapes as in https://www.jetbrains.com/help/teamcity/service-messages.html#Escaped+Values.
private func teamCityValue(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { value, scalar in
        switch scalar {
        case "|", "'", "[", "]": value += "|\(scalar)"
        case _ where scalar.value > 0xFFFF: value += "?"
        case _ where !scalar.isASCII:
            let hex = String(scalar.value, radix: 16)
            value += "|0x" + String(repeating: "0", count: 4 - hex.count) + hex
        default: value.unicodeScalars.append(scalar)
        }
    }
}
