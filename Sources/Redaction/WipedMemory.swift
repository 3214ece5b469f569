/// Memory of fixed size that is overwritten before it is given back.
///
/// Elements start as zero bytes. Access is not checked against `count`.
struct WipedMemory<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int) {
        self.count = count
        start = .allocate(capacity: max(count, 1))
        UnsafeMutableRawPointer(start).initializeMemory(as: UInt8.self, repeating: 0, count: Self.size(of: count))
    }

    deinit {
        wipe(UnsafeMutableRawBufferPointer(start: start, count: Self.size(of: count)))
        start.deallocate()
    }

    private static func size(of count: Int) -> Int { count * MemoryLayout<Element>.stride }
}
