package import Secrets

/// A value in a document.
///
/// Asked for another kind than it is, it answers nil.
package struct JSONNode: Sendable {
    private let document: JSONDocument
    private let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var entry: JSONEntry { document.table[index] }

    package var isNull: Bool { entry.kind == .null }
    package var isObject: Bool { entry.kind == .object }
    package var isArray: Bool { entry.kind == .array }

    /// The member of an object; the last of several with one name.
    package subscript(name: String) -> JSONNode? {
        var found: JSONNode?
        forEachMember { key, value in
            if key.isEqual(to: name) { found = value }
        }
        return found
    }

    /// The members of an object, in their order; none of anything else.
    package var members: [(name: String, value: JSONNode)] {
        var members: [(name: String, value: JSONNode)] = []
        forEachMember { members.append(($0.string ?? "", $1)) }
        return members
    }

    /// The elements of an array; nil of anything else.
    package var elements: JSONElements? {
        guard isArray else { return nil }
        return JSONElements(document: document, place: index + 1, end: Int(entry.next))
    }

    package var string: String? {
        withString { String(decoding: $0, as: UTF8.self) }
    }

    /// A string of which no more than its beginning is wanted, however long it is.
    ///
    /// What is longer than `limit` bytes is cut at a character, and ends in `...`: so nothing in the middle of a text
    /// is ever taken for its end.
    package func string(cutTo limit: Int) -> String? {
        withString(upTo: limit) { bytes in
            guard bytes.count > limit else { return String(decoding: bytes, as: UTF8.self) }
            var end = limit
            while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
            return String(decoding: bytes[..<end], as: UTF8.self) + "..."
        }
    }

    /// A string of which no copy stays behind.
    package var secret: Secret? {
        withString { Secret(copying: $0) }
    }

    package var bool: Bool? {
        entry.kind == .bool ? entry.end - entry.start == 4 : nil
    }

    /// A whole number, also when it is written with a fraction, which is dropped, or as a string.
    package var integer: Int64? {
        switch entry.kind {
        case .number: withBytes { Self.integer($0) }
        case .string: withBytes { Int64(String(decoding: $0, as: UTF8.self)) }
        default: nil
        }
    }

    /// The last second of the year 9999 in Unix time: sums with what a document says beyond it would overflow.
    package static let lastMoment: Int64 = 253_402_300_799

    /// A number as Unix time or as a lifetime: 0, which stands for "never", is nil, and what lies beyond the last
    /// moment is that moment.
    package var moment: Int64? {
        integer.flatMap { $0 > 0 ? min($0, Self.lastMoment) : nil }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        let text = String(decoding: bytes, as: UTF8.self)
        return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded(.towardZero)) }
    }

    private func isEqual(to name: String) -> Bool {
        guard entry.kind == .string else { return string == name }
        return withBytes { $0.elementsEqual(name.utf8) }
    }

    private func forEachMember(_ body: (JSONNode, JSONNode) -> Void) {
        guard isObject else { return }
        var place = index + 1
        while place < Int(entry.next) {
            // The name takes one place in the table.
            body(JSONNode(document: document, index: place), JSONNode(document: document, index: place + 1))
            place = Int(document.table[place + 1].next)
        }
    }

    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        document.text.reveal { text in
            body(UnsafeRawBufferPointer(rebasing: text[Int(entry.start)..<Int(entry.end)]))
        }
    }

    /// - Parameter limit: how many bytes are wanted; there may be more.
    private func withString<Result>(upTo limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        switch entry.kind {
        case .string: withBytes(body)
        case .escapedString: unescaped(upTo: limit).reveal(body)
        default: nil
        }
    }

    /// At least the first `limit` bytes, and one more if there are more.
    private func unescaped(upTo limit: Int) -> Secret {
        withBytes { bytes in
            // Enough from the start: what a buffer leaves behind when it grows is wiped, but costs time.
            var buffer = WipedBuffer(capacity: min(bytes.count, limit) + 8)
            var rest = bytes[...]
            while let byte = rest.first, buffer.count <= limit {
                if byte == UInt8(ascii: "\\"), let escape = JSONEscape(rest) {
                    for unit in UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter { buffer.append(unit) }
                    rest = rest.dropFirst(escape.length)
                } else {
                    buffer.append(byte)
                    rest = rest.dropFirst()
                }
            }
            return buffer.secret
        }
    }
}

/// The elements of an array, one after the other.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var place: Int
    let end: Int

    package mutating func next() -> JSONNode? {
        guard place < end else { return nil }
        defer { place = Int(document.table[place].next) }
        return JSONNode(document: document, index: place)
    }
}
