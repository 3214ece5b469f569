/// A value that must not be read by anybody but its addressee.
///
/// It cannot be printed, and its memory is wiped at the end.
package struct Secret: Sendable, Equatable {
    /// The only copy of the bytes.
    private final class Storage: Sendable {
        private let memory: WipedMemory<UInt8>
        private let count: Int

        init(taking memory: consuming WipedMemory<UInt8>, count: Int) {
            self.memory = memory
            self.count = count
        }

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.start, count: count) }
    }

    private let storage: Storage

    package init(copying bytes: UnsafeRawBufferPointer) {
        let memory = WipedMemory<UInt8>(count: bytes.count)
        UnsafeMutableRawBufferPointer(start: memory.start, count: bytes.count).copyMemory(from: bytes)
        storage = Storage(taking: memory, count: bytes.count)
    }

    /// - Parameter count: how many of the bytes are the value.
    init(taking memory: consuming WipedMemory<UInt8>, count: Int) {
        storage = Storage(taking: memory, count: count)
    }

    package init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Secret(copying: $0) }
    }

    package init(_ text: String) {
        var text = text
        self = text.withUTF8 { Secret(copying: UnsafeRawBufferPointer($0)) }
    }

    /// The number of bytes.
    package var count: Int { storage.bytes.count }

    package var isEmpty: Bool { storage.bytes.isEmpty }

    /// Whether nothing is in it but spaces, line ends, and control characters.
    package var isBlank: Bool { storage.bytes.allSatisfy { $0 <= 0x20 } }

    /// Hands the value to its addressee, and to nobody else.
    ///
    /// A test lists who calls this.
    package func reveal<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(storage.bytes)
    }

    /// Takes as long for the first differing byte as for the last.
    package static func == (left: Secret, right: Secret) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left.storage.bytes, right.storage.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
