internal import Redaction

/// Growing memory for bytes that may be a secret: overwritten before it is given back.
final class WipedBuffer {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int = 0) {
        memory = .allocate(byteCount: capacity, alignment: 1)
    }

    deinit {
        discardMemory()
    }

    /// Valid until the next `append`.
    var contents: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
    }

    /// What libcurl may be given to read from; not nil even without contents.
    var start: UnsafeMutableRawPointer? { memory.baseAddress }

    func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(count + bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    func append(_ secret: Secret) {
        secret.reveal { append($0) }
    }

    private func reserve(_ capacity: Int) {
        guard capacity > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(capacity, 2 * memory.count, 1024),
            alignment: 1
        )
        larger.copyMemory(from: contents)
        discardMemory()
        memory = larger
    }

    private func discardMemory() {
        wipe(memory)
        memory.deallocate()
    }
}
