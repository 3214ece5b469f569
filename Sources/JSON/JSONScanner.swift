/// Checks a text against the grammar of RFC 8259, and notes where its values are.
///
/// Without recursion, so that no text can exhaust the stack.
struct JSONScanner {
    private enum Expected {
        case value
        /// A value, or the end of an array that has none.
        case firstElement
        case name
        /// A name, or the end of an object that has none.
        case firstName
        case commaOrEnd
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private(set) var table: [JSONEntry] = []
    /// The containers around the current place, as places in the table.
    private var open: [Int] = []

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Whether the whole text is one document.
    mutating func scan() -> Bool {
        guard bytes.count <= Int(UInt32.max) else { return false }
        var expected = Expected.value
        repeat {
            skipBlanks()
            guard let next = step(expected) else { return false }
            expected = next
        } while !open.isEmpty
        skipBlanks()
        return position == bytes.count
    }

    /// What has to come next; nil when the text is no JSON.
    private mutating func step(_ expected: Expected) -> Expected? {
        guard position < bytes.count, table.count < JSONDocument.valueLimit else { return nil }
        let byte = bytes[position]
        switch expected {
        case .firstElement where byte == UInt8(ascii: "]"), .firstName where byte == UInt8(ascii: "}"):
            return close()
        case .value, .firstElement: return value(byte)
        case .name, .firstName: return name(byte)
        case .commaOrEnd: return commaOrEnd(byte)
        }
    }

    private mutating func value(_ byte: UInt8) -> Expected? {
        switch byte {
        case UInt8(ascii: "{"): return openContainer(.object, .firstName)
        case UInt8(ascii: "["): return openContainer(.array, .firstElement)
        case UInt8(ascii: "\""): return string() ? .commaOrEnd : nil
        case UInt8(ascii: "t"): return word("true", .bool) ? .commaOrEnd : nil
        case UInt8(ascii: "f"): return word("false", .bool) ? .commaOrEnd : nil
        case UInt8(ascii: "n"): return word("null", .null) ? .commaOrEnd : nil
        default: return number() ? .commaOrEnd : nil
        }
    }

    private mutating func openContainer(_ kind: JSONEntry.Kind, _ next: Expected) -> Expected? {
        guard open.count < JSONDocument.depthLimit else { return nil }
        open.append(table.count)
        table.append(JSONEntry(kind: kind, start: UInt32(position)))
        position += 1
        return next
    }

    private mutating func close() -> Expected? {
        guard let container = open.popLast() else { return nil }
        position += 1
        table[container].end = UInt32(position)
        table[container].next = UInt32(table.count)
        return .commaOrEnd
    }

    private mutating func commaOrEnd(_ byte: UInt8) -> Expected? {
        guard let container = open.last else { return nil }
        let isObject = table[container].kind == .object
        if byte == UInt8(ascii: ",") {
            position += 1
            return isObject ? .name : .value
        }
        return byte == UInt8(ascii: isObject ? "}" : "]") ? close() : nil
    }

    private mutating func name(_ byte: UInt8) -> Expected? {
        guard byte == UInt8(ascii: "\""), string() else { return nil }
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
        position += 1
        return .value
    }

    private mutating func word(_ word: StaticString, _ kind: JSONEntry.Kind) -> Bool {
        let text = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: text) else { return false }
        add(kind, from: position, to: position + text.count)
        return true
    }

    /// Notes a value, and goes on behind it.
    private mutating func add(_ kind: JSONEntry.Kind, from start: Int, to end: Int, closing: Int = 0) {
        let next = UInt32(table.count + 1)
        table.append(JSONEntry(kind: kind, start: UInt32(start), end: UInt32(end), next: next))
        position = end + closing
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }
}

// MARK: Numbers and strings

extension JSONScanner {
    private mutating func number() -> Bool {
        let start = position
        var end = start
        if end < bytes.count, bytes[end] == UInt8(ascii: "-") { end += 1 }
        guard let first = digits(&end), first == 1 || bytes[end - first] != UInt8(ascii: "0") else { return false }
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            end += 1
            guard digits(&end) != nil else { return false }
        }
        if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
            end += 1
            if end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") { end += 1 }
            guard digits(&end) != nil else { return false }
        }
        add(.number, from: start, to: end)
        return true
    }

    /// How many digits there are; nil when there is none.
    private func digits(_ end: inout Int) -> Int? {
        let start = end
        while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
        return end > start ? end - start : nil
    }

    private mutating func string() -> Bool {
        let start = position + 1
        var end = start
        var hasEscapes = false
        while true {
            skipPlainWords(&end)
            guard end < bytes.count else { return false }
            let byte = bytes[end]
            switch byte {
            case UInt8(ascii: "\""):
                add(hasEscapes ? .escapedString : .string, from: start, to: end, closing: 1)
                return true
            case UInt8(ascii: "\\"):
                guard let length = JSONEscape(bytes[end...])?.length else { return false }
                hasEscapes = true
                end += length
            case 0..<0x20: return false
            case 0..<0x80: end += 1
            default:
                guard let length = utf8Length(at: end) else { return false }
                end += length
            }
        }
    }

    /// Skips characters of a string eight at a time, as long as all eight are plain ASCII.
    private func skipPlainWords(_ end: inout Int) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = 0x80 &* ones
        /// The high bit of each byte that is zero, and perhaps of those above it.
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }
        while end + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self)
            let controls = (word &- 0x20 &* ones) & ~word & highBits
            let marks =
                zeros(word ^ (UInt64(UInt8(ascii: "\"")) &* ones)) | zeros(word ^ (UInt64(UInt8(ascii: "\\")) &* ones))
            guard word & highBits | controls | marks == 0 else { return }
            end += 8
        }
    }

    /// The number of bytes of the character beyond ASCII that begins here; nil when it is not well-formed.
    private func utf8Length(at start: Int) -> Int? {
        var decoder = UTF8()
        var rest = bytes[start..<min(start + 4, bytes.count)].makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&rest) else { return nil }
        return UTF8.width(scalar)
    }
}
