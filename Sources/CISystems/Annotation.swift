/// How a message for people is marked, so that the system shows it beside the run.
package enum AnnotationStyle: Sendable, Equatable {
    /// `::error::TEXT`.
    case workflowCommands(Masking.Dialect)
    /// `##vso[task.logissue type=error]TEXT`.
    case azureCommands
    case none
}

package enum AnnotationLevel: String, Sendable, CaseIterable {
    case error, warning, notice
}

extension CISystem {
    /// A line, with its newline, for standard error; nil where the system has no such thing.
    package func annotation(_ level: AnnotationLevel, _ text: String) -> String? {
        switch annotations {
        case .workflowCommands(let dialect): "::\(level.rawValue)::\(workflowData(text, dialect))\n"
        case .azureCommands where level == .notice: nil
        case .azureCommands: "##vso[task.logissue type=\(level.rawValue)]\(azureData(text))\n"
        case .none: nil
        }
    }

    /// Text from elsewhere, such as a server's message, on one line and such that no runner takes a part of it for a
    /// command: GitHub and Azure look for the old forms anywhere in a line.
    package static func harmless(_ text: String) -> String {
        var line = onOneLine(text)
        for command in ["[", "vso[", "teamcity["] {
            line = substituting("##" + command, with: "# #" + command, in: line)
        }
        // GitHub's runner skips blanks of any alphabet before a command.
        let start = String(line.unicodeScalars.drop { $0.properties.isWhitespace })
        return start.hasPrefix("::") ? ": " + start.dropFirst() : line
    }
}

/// Text of ours as the data of a workflow command.
func workflowData(_ text: String, _ dialect: Masking.Dialect) -> String {
    switch dialect {
    case .escaped:
        text.unicodeScalars.reduce(into: "") { data, scalar in
            switch scalar {
            case "%": data += "%25"
            case "\r": data += "%0D"
            case "\n": data += "%0A"
            default: data.unicodeScalars.append(scalar)
            }
        }
    case .verbatim: withColonsApart(onOneLine(text))
    }
}

/// act takes for the command's name whatever stands before the last two colons of a line, those before the data too.
private func withColonsApart(_ text: String) -> String {
    var previous: Unicode.Scalar = ":"
    return text.unicodeScalars.reduce(into: "") { data, scalar in
        if scalar == ":", previous == ":" { data += " " }
        data.unicodeScalars.append(scalar)
        previous = scalar
    }
}

/// Line breaks, control characters and what else cannot be seen as spaces.
///
/// Comparisons of .NET pass over invisible characters, and some of them turn the rest of a line around.
func onOneLine(_ text: String) -> String {
    // What Unicode says of each character takes a while, and nearly every text is of these.
    if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isInvisible($0) ? " " : $0 }))
}

private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
}

/// Replaces a part of a text wherever it stands.
package func substituting(_ part: String, with replacement: String, in text: String) -> String {
    let (bytes, part) = (Array(text.utf8), Array(part.utf8))
    guard let first = part.first, bytes.contains(first) else { return text }
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
        if byte == first, rest.starts(with: part) {
            result += replacement.utf8
            rest = rest.dropFirst(part.count)
        } else {
            result.append(byte)
            rest = rest.dropFirst()
        }
    }
    return String(decoding: result, as: UTF8.self)
}
