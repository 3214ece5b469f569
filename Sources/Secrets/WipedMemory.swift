#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Memory of fixed size that is overwritten before it is given back.
///
/// Elements start as zero bytes. Access is not checked against `count`.
package struct WipedMemory<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    package let start: UnsafeMutablePointer<Element>
    package let count: Int

    package init(count: Int) {
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

/// Overwrites a buffer in a way that no optimiser removes.
package func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    #if canImport(Darwin)
    memset_s(start, bytes.count, 0, bytes.count)
    #else
    explicit_bzero(start, bytes.count)
    #endif
}

/// Overwrites an array that held a secret, if this is its only owner.
package func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { wipe($0) }
    bytes.removeAll()
}
