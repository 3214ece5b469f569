internal import Secrets

/// Collects small pieces of output, so that a text full of secrets does not cost a write for each of them.
struct PieceBuffer: ~Copyable {
    private static let capacity = 16 << 10
    /// A piece of at least this size goes out without a copy.
    private static let large = 4 << 10

    private let bytes = WipedMemory<UInt8>(count: Self.capacity)
    private var count = 0

    mutating func write<Failure: Error>(
        _ piece: UnsafeRawBufferPointer,
        to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let fits = piece.count < Self.large && piece.count <= Self.capacity - count
        if !fits { try flush(to: output) }
        if piece.count >= Self.large {
            try output(piece)
        } else {
            UnsafeMutableRawBufferPointer(start: bytes.start + count, count: piece.count).copyMemory(from: piece)
            count += piece.count
        }
    }

    mutating func flush<Failure: Error>(
        to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard count > 0 else { return }
        let pending = UnsafeRawBufferPointer(start: bytes.start, count: count)
        count = 0
        try output(pending)
    }
}
