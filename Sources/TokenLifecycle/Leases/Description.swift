/// What Pulumi Cloud shows of a token: text for people, and at its very end the tag ` [pulumi-token:NONCE:RUN]`.
package struct Description: Equatable, Sendable {
    /// The most bytes that text and tag have together.
    package static let limit = 200

    package let text: String
    package let nonce: Nonce
    package let run: RunTag

    /// - Parameters:
    ///   - text: control characters become spaces, and what would be too long is cut; the tag never is.
    ///   - origin: which run it is, for a text that does not say so; left out where hardly any text would remain.
    package init(text: String, origin: String? = nil, nonce: Nonce, run: RunTag) {
        self.nonce = nonce
        self.run = run
        let room = Self.limit - Self.tagLength
        let text = Self.withoutControls(text)
        let ending = origin.map { " [\(Self.withoutControls($0))]" } ?? ""
        let isRoomy = ending.utf8.count + min(text.utf8.count, Self.leastText) <= room
        self.text = isRoomy ? Self.cut(text, to: room - ending.utf8.count) + ending : Self.cut(text, to: room)
    }

    /// How much of a text always remains, in bytes.
    private static let leastText = 40

    /// The description of a token that this tool minted; nil for any other.
    ///
    /// Only a tag at the very end counts: people may quote one in the middle of their own text.
    package init?(parsing whole: String) {
        let bytes = Array(whole.utf8)
        let start = bytes.count - Self.tagLength
        guard start >= 0, bytes[start...].starts(with: Self.opening), bytes.last == UInt8(ascii: "]") else {
            return nil
        }
        let inside = bytes[(start + Self.opening.count)...].dropLast()
        let colon = inside.startIndex + Nonce.length
        guard inside[colon] == UInt8(ascii: ":"),
            let nonce = Nonce(rawValue: String(decoding: inside[..<colon], as: UTF8.self)),
            let run = RunTag(rawValue: String(decoding: inside[(colon + 1)...], as: UTF8.self))
        else { return nil }
        self.nonce = nonce
        self.run = run
        text = String(decoding: bytes[..<start], as: UTF8.self)
    }

    /// As it is sent.
    package var whole: String { text + Self.tag(nonce, run) }

    private static let opening = Array(" [pulumi-token:".utf8)
    private static let tagLength = opening.count + Nonce.length + 1 + RunTag.length + 1

    private static func tag(_ nonce: Nonce, _ run: RunTag) -> String {
        "\(String(decoding: opening, as: UTF8.self))\(nonce.rawValue):\(run.rawValue)]"
    }

    private static func withoutControls(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(plain)
    }

    /// Cuts at a character, never inside one.
    private static func cut(_ text: String, to room: Int) -> String {
        var rest = Substring(text)
        while rest.utf8.count > room { rest.removeLast() }
        return String(rest)
    }
}
