/// The header fields of a reply, as they come in line by line.
struct ReplyHead {
    /// The most that all header lines of a request may hold, in bytes; curl's own limit is per line.
    static let limit = 256 << 10

    private(set) var fields: [(name: String, value: String)] = []
    /// Whether the empty line at its end has come.
    private(set) var isComplete = false
    private var size = 0

    /// Takes a line with its line end; false when there are too many.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        size += line.count
        guard size <= Self.limit else { return false }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // An interim reply such as 103 has a head of its own.
            fields = []
            isComplete = false
        } else if text == "\r\n" || text == "\n" {
            isComplete = true
        } else if let first = text.first, first == " " || first == "\t" {
            continueLastField(with: text)
        } else if let colon = text.firstIndex(of: ":") {
            fields.append((String(text[..<colon]), trimmed(text[text.index(after: colon)...])))
        }
        return true
    }

    private mutating func continueLastField(with text: String) {
        guard let last = fields.popLast() else { return }
        fields.append((last.name, trimmed("\(last.value) \(trimmed(text[...]))"[...])))
    }

    private func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
