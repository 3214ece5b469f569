/// A text of a server as one line for people: without control characters, and cut when it is long.
package func oneLine(_ text: String, limit: Int = 200) -> String {
    let spaced = text.unicodeScalars.map { isControl($0) ? " " : Character($0) }
    let words = String(spaced).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    return words.count > limit ? words.prefix(limit) + "..." : words
}

/// Unicode's control, line and paragraph separators, and the marks that turn the direction of a text.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
