internal import Secrets

extension FormList {
    /// The lines of a value of several lines, without the blanks around them.
    mutating func addLines(of value: SecretSlice) {
        let lines = value.split { $0 == .lineFeed || $0 == .carriageReturn }
        guard lines.count > 1 else { return }
        for line in lines {
            let text = line.trimming { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            addFragment(Secret(copying: UnsafeRawBufferPointer(rebasing: text)))
        }
    }

    /// A terminal turns each line feed into carriage return and line feed.
    mutating func addTerminalForm(of value: SecretSlice) {
        guard value.contains(.lineFeed) else { return }
        var form = WipedBuffer(capacity: value.count * 2)
        var previous: UInt8?
        for byte in value {
            if byte == .lineFeed, previous != .carriageReturn { form.append(.carriageReturn) }
            form.append(byte)
            previous = byte
        }
        addWhole(form.secret)
    }
}
