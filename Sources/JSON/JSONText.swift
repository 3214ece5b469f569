package import Secrets

/// A JSON document under construction, in memory that is wiped: its values may be secrets.
package struct JSONText: ~Copyable {
    private var buffer = WipedBuffer(capacity: 256)
    /// Whether the next value in the container is not its first.
    private var needsComma = false

    package init() {}

    /// The finished document.
    package var secret: Secret { buffer.secret }

    /// The finished document as text: only for one that holds no secret.
    package var text: String {
        secret.reveal { String(decoding: $0, as: UTF8.self) }
    }

    /// The document of one object.
    package static func object(_ members: (inout JSONText) -> Void) -> Secret {
        var text = JSONText()
        text.object(members)
        return text.secret
    }

    /// The document of one object that holds no secret.
    package static func plainObject(_ members: (inout JSONText) -> Void) -> String {
        var text = JSONText()
        text.object(members)
        return text.text
    }

    package mutating func object(_ members: (inout JSONText) -> Void) {
        container("{", "}", members)
    }

    package mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    /// Leaves the member out when there is no value.
    package mutating func member(_ name: String, _ value: String?) {
        if let value { member(name, value) }
    }

    package mutating func member(_ name: String, _ value: Secret) {
        key(name)
        value.reveal { string($0) }
    }

    package mutating func member(_ name: String, _ value: Int64) {
        key(name)
        word(String(value))
    }

    /// Leaves the member out when there is no value.
    package mutating func member(_ name: String, _ value: Int64?) {
        if let value { member(name, value) }
    }

    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        word(value ? "true" : "false")
    }

    /// The same, as long for one value as for the other, so that it can be changed in place.
    package mutating func replaceableMember(_ name: String, _ value: Bool) {
        key(name)
        word(value ? "true " : "false")
    }

    package mutating func null(_ name: String) {
        key(name)
        word("null")
    }

    package mutating func member(_ name: String, object members: (inout JSONText) -> Void) {
        key(name)
        object(members)
    }

    package mutating func member<Element>(
        _ name: String,
        array elements: [Element],
        _ write: (inout JSONText, Element) -> Void
    ) {
        key(name)
        container("[", "]") { text in
            for index in elements.indices { write(&text, elements[index]) }
        }
    }

    private mutating func container(_ start: String, _ end: String, _ body: (inout JSONText) -> Void) {
        separate()
        buffer.append(start)
        needsComma = false
        body(&self)
        buffer.append(end)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        string(name)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func word(_ word: String) {
        separate()
        buffer.append(word)
        needsComma = true
    }

    private mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    private mutating func string(_ bytes: UnsafeRawBufferPointer) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        // What stands for itself is copied in one piece: a bundle of certificates is long.
        var rest = bytes[...]
        var previous: UInt8 = 0
        for (place, byte) in bytes.enumerated() {
            // What is printed may go through a runner, which takes `##` and `::` for the beginning of a command.
            let isCommand = byte == previous && (byte == UInt8(ascii: "#") || byte == UInt8(ascii: ":"))
            previous = byte
            let isQuoted = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            guard isCommand || isQuoted || byte < 0x20 else { continue }
            buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<place]))
            rest = bytes[(place + 1)...]
            guard isQuoted else {
                escape(byte)
                continue
            }
            buffer.append(UInt8(ascii: "\\"))
            buffer.append(byte)
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: rest))
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        buffer.append("\\u00")
        HexDigits.lower.append(byte, to: &buffer)
    }

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        needsComma = false
    }
}
