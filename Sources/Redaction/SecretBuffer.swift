/// A secret under construction.
///
/// The memory out of which it grows is wiped, so that no copy stays behind.
package struct SecretBuffer: ~Copyable {
    private var memory: WipedMemory<UInt8>
    package private(set) var count = 0

    package init(capacity: Int = 64) {
        memory = WipedMemory(count: max(capacity, 1))
    }

    package mutating func append(_ byte: UInt8) {
        if count == memory.count { grow() }
        memory.start[count] = byte
        count += 1
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { append(byte) }
    }

    /// What has been appended so far.
    package var secret: Secret {
        Secret(copying: UnsafeRawBufferPointer(start: memory.start, count: count))
    }

    private mutating func grow() {
        let larger = WipedMemory<UInt8>(count: memory.count * 2)
        larger.start.update(from: memory.start, count: count)
        memory = larger
    }
}
