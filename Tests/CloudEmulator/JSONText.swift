/// JSON under construction: fast enough for pages of a thousand tokens.
struct JSONText: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func object(_ members: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func array<Element>(_ elements: some Sequence<Element>, _ write: (inout JSONText, Element) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        for element in elements { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    mutating func member(_ name: String, object members: (inout JSONText) -> Void) {
        key(name)
        object(members)
    }

    mutating func member<Element>(
        _ name: String,
        array elements: some Sequence<Element>,
        _ write: (inout JSONText, Element) -> Void
    ) {
        key(name)
        array(elements, write)
    }

    mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 { escape(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0..<0x20:
            bytes.append(contentsOf: ("\\u00" + hex([byte])).utf8)
        default:
            bytes.append(byte)
        }
    }

    /// A comma belongs between two values and nowhere else.
    private mutating func separate() {
        guard let last = bytes.last else { return }
        let opens: [UInt8] = [UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":")]
        if !opens.contains(last) { bytes.append(UInt8(ascii: ",")) }
    }
}
