/// Growing memory for bytes that may be a secret: overwritten before it is given back, however often it grew.
package struct WipedBuffer: ~Copyable {
    private var memory: WipedMemory<UInt8>
    package private(set) var count = 0

    package init(capacity: Int = 64) {
        memory = WipedMemory(count: max(capacity, 1))
    }

    /// Valid until the next `append`, and not nil even when there is nothing.
    package var start: UnsafeMutableRawPointer { UnsafeMutableRawPointer(memory.start) }

    /// Lends what has been appended so far.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory.start, count: count))
    }

    /// What has been appended so far.
    package var secret: Secret { withBytes { Secret(copying: $0) } }

    /// What has been appended, in the very memory where it stands.
    package consuming func finish() -> Secret { Secret(taking: memory, count: count) }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.start[count] = byte
        count += 1
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: memory.start + count, count: bytes.count).copyMemory(from: bytes)
        count += bytes.count
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(_ secret: Secret) {
        secret.reveal { append($0) }
    }

    /// Appends what `escape` makes of each byte.
    package mutating func append(_ secret: Secret, escape: (UInt8, inout WipedBuffer) -> Void) {
        secret.reveal { bytes in
            for byte in bytes { escape(byte, &self) }
        }
    }

    /// Makes room for so many more bytes.
    package mutating func reserve(_ more: Int) {
        guard count + more > memory.count else { return }
        // Twice the memory, but for long texts, of which two are in memory at that moment, half as much again.
        let factor = memory.count > 1 << 20 ? 3 : 4
        let larger = WipedMemory<UInt8>(count: max(count + more, memory.count / 2 * factor, 2))
        larger.start.update(from: memory.start, count: count)
        memory = larger
    }
}

extension Secret {
    /// Puts a text together that holds secrets; nothing of it is left but the result.
    package init<Failure: Error>(building body: (inout WipedBuffer) throws(Failure) -> Void) throws(Failure) {
        var buffer = WipedBuffer()
        try body(&buffer)
        self = buffer.finish()
    }
}
