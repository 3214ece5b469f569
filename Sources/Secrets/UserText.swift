/// A user's words inside a message: on one line, not too long, and without what looks like a credential.
///
/// Whoever writes a secret where a name belongs must not read it in the log.
package enum UserText {
    /// The most characters of a value that a message shows.
    private static let limit = 60

    /// The words in quotes.
    package static func quoted(_ text: String) -> String {
        "'" + shown(text) + "'"
    }

    /// The words as they stand, for texts that bring their own quotes.
    package static func shown(_ text: String) -> String {
        let hidden = hidingCredentials(text)
        let plain = String(
            hidden.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
        )
        return plain.count > limit ? plain.prefix(limit - 3) + "..." : plain
    }

    /// Whether some part has the shape of a credential.
    package static func holdsCredential(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.indices.contains { credential(at: bytes[$0...]) != nil }
    }

    /// The text with `***` for each part that has the shape of a credential.
    package static func hidingCredentials(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= shortestCredential else { return text }
        var shown: [UInt8] = []
        var hasHidden = false
        var rest = bytes[...]
        while let byte = rest.first {
            if let part = credential(at: rest) {
                shown += bytes[rest.startIndex..<part.lowerBound] + Array("***".utf8)
                rest = rest[part.upperBound...]
                hasHidden = true
            } else {
                shown.append(byte)
                rest = rest.dropFirst()
            }
        }
        return !hasHidden ? text : String(decoding: shown, as: UTF8.self)
    }
}

// MARK: Shapes

extension UserText {
    /// `a://b:c@` is the shortest.
    private static let shortestCredential = 8

    /// What services begin their tokens with, and what follows at least: shorter ones are words of documentation.
    private static let prefixes: [(text: [UInt8], count: Int, alphabet: @Sendable (UInt8) -> Bool)] = [
        (Array("pul-".utf8), 32, isHexadecimal),
        (Array("ghp_".utf8), 20, \.isLetterOrDigit), (Array("gho_".utf8), 20, \.isLetterOrDigit),
        (Array("ghu_".utf8), 20, \.isLetterOrDigit), (Array("ghs_".utf8), 20, \.isLetterOrDigit),
        (Array("ghr_".utf8), 20, \.isLetterOrDigit), (Array("github_pat_".utf8), 20, isBase64URL),
        (Array("glpat-".utf8), 16, isBase64URL),
        (Array("AKIA".utf8), 16, \.isLetterOrDigit), (Array("ASIA".utf8), 16, \.isLetterOrDigit),
    ]

    /// The part of a text, which begins here, that looks like a credential; nil when there is none at its start.
    private static func credential(at text: ArraySlice<UInt8>) -> Range<Int>? {
        for (prefix, count, alphabet) in prefixes where text.first == prefix.first && text.starts(with: prefix) {
            let value = text.dropFirst(prefix.count).prefix(while: alphabet)
            if value.count >= count { return text.startIndex..<value.endIndex }
        }
        return webToken(at: text) ?? password(at: text)
    }

    /// A JSON Web Token: three parts of base64url, of which the first is a JSON object.
    private static func webToken(at text: ArraySlice<UInt8>) -> Range<Int>? {
        guard text.starts(with: "eyJ".utf8) else { return nil }
        // More parts than three, as those of two tokens side by side, belong to it too.
        let whole = text.prefix { isBase64URL($0) || $0 == UInt8(ascii: ".") }
        let parts = whole.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].count >= 4, parts[1].count >= 4 else { return nil }
        return whole.startIndex..<whole.endIndex
    }

    /// The user and the password of a URL.
    private static func password(at text: ArraySlice<UInt8>) -> Range<Int>? {
        guard text.starts(with: "://".utf8) else { return nil }
        let authority = text.dropFirst(3).prefix { !"/?#\"' ".utf8.contains($0) }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")), authority[..<at].contains(UInt8(ascii: ":")) else {
            return nil
        }
        return authority.startIndex..<at
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
