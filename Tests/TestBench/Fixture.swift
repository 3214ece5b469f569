internal import Glibc

/// Bytes outside of every heap and stack, of which a test can say where they are.
package struct Fixture: ~Copyable {
    package let bytes: UnsafeRawBufferPointer

    package init(count: Int, using generator: inout SeededGenerator) {
        let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let start = memory == MAP_FAILED ? nil : memory
        let target = UnsafeMutableRawBufferPointer(start: start, count: start == nil ? 0 : count)
        for index in target.indices { target[index] = UInt8(truncatingIfNeeded: generator.next()) }
        bytes = UnsafeRawBufferPointer(target)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
