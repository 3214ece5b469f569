import Secrets
import TestBench
import Testing

@testable import Redaction

/// Memory that was given back is read through the kernel, so that it does not matter whether it is still mapped.
///
/// The allocator writes its own notes into the first bytes, and another test may have the memory by then: what must not
/// be there is the secret.
@Suite struct WipingTests {
    private let pattern: [UInt8]

    init() {
        var generator = SeededGenerator(seed: 2)
        pattern = generator.bytes(2000)
    }

    /// Whether what is at an address still holds a part of the pattern.
    private func holdsPattern(at address: UInt) -> Bool {
        guard let bytes = ProcessMemory.bytes(at: address, count: pattern.count) else { return false }
        return zip(bytes, pattern).dropFirst(64).filter { $0 == $1 }.count > pattern.count / 2
    }

    private func addressOfSecret() -> UInt {
        let secret = Secret(pattern)
        let address = secret.reveal { UInt(bitPattern: $0.baseAddress) }
        #expect(holdsPattern(at: address))
        return address
    }

    private func addressOfWipedMemory() -> UInt {
        let memory = WipedMemory<UInt8>(count: pattern.count)
        memory.start.update(from: pattern, count: pattern.count)
        let address = UInt(bitPattern: memory.start)
        #expect(holdsPattern(at: address))
        return address
    }

    private func addressOfHeldBytes() -> UInt {
        let table = PatternTable(forms: [Secret(pattern + [0])])
        let address = UInt(bitPattern: table.nodes.start)
        #expect(table.nodes.start[pattern.count].label == pattern.last)
        return address
    }

    @Test func `a secret leaves nothing in its memory`() {
        #expect(!holdsPattern(at: addressOfSecret()))
    }

    @Test func `wiped memory holds zeros, at first and at last`() {
        #expect(!holdsPattern(at: addressOfWipedMemory()))
        let memory = WipedMemory<UInt64>(count: 500)
        #expect((0..<500).allSatisfy { memory.start[$0] == 0 })
    }

    @Test func `wiped memory may be empty`() {
        let memory = WipedMemory<UInt32>(count: 0)
        #expect(memory.count == 0)
    }

    @Test func `a pattern table leaves no label in its memory`() {
        let address = addressOfHeldBytes()
        let stride = MemoryLayout<PatternTable.Node>.stride
        guard let bytes = ProcessMemory.bytes(at: address, count: pattern.count * stride) else { return }
        let labels = Swift.stride(from: 0, to: bytes.count, by: stride).dropFirst().map { bytes[$0] }
        #expect(zip(labels, pattern).dropFirst(64).filter { $0 == $1 }.count < pattern.count / 2)
    }

    @Test func `a buffer is overwritten in place`() {
        var bytes = pattern
        bytes.withUnsafeMutableBytes { wipe($0) }
        #expect(bytes == [UInt8](repeating: 0, count: pattern.count))
        wipe(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }

    @Test func `an array is overwritten before it is emptied`() {
        var bytes = pattern
        let address = bytes.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
        wipe(&bytes)
        #expect(bytes.isEmpty)
        #expect(!holdsPattern(at: address))
    }

    @Test func `a growing buffer keeps what it holds`() {
        var buffer = WipedBuffer(capacity: 0)
        for byte in pattern { buffer.append(byte) }
        #expect(buffer.secret.bytes == pattern)
        #expect(buffer.count == pattern.count)
        buffer.append(pattern)
        #expect(buffer.secret.bytes == pattern + pattern)
    }

    /// Every step between a secret and a filtered stream, in a function of its own: nothing of it lives afterwards.
    @inline(never)
    private func useSecret(_ value: UnsafeRawBufferPointer) -> Int {
        var buffer = WipedBuffer(capacity: 4)
        for byte in value { buffer.append(byte) }
        let secret = buffer.secret
        var shown = 0
        let redactor = StreamingRedactor(hiding: [secret])
        for chunk in [value.prefix(90), value.dropFirst(90).prefix(1), value.dropFirst(91)] {
            redactor.redact(UnsafeRawBufferPointer(rebasing: chunk)) { shown += $0.count }
        }
        redactor.redact(UnsafeRawBufferPointer(rebasing: value.prefix(50))) { shown += $0.count }
        #expect(redactor.heldCount == 50)
        redactor.finish { shown += $0.count }
        return shown
    }

    @Test func `no step leaves a copy of the secret in memory`() {
        var generator = SeededGenerator(seed: 3)
        let value = Fixture(count: 120, using: &generator)
        // The allocator writes into the first bytes of what it takes back.
        let part = UnsafeRawBufferPointer(rebasing: value.bytes[48..<72])
        let copy = Secret(copying: value.bytes)
        #expect(ProcessMemory.copies(of: part) == 1)
        #expect(copy.count == 120)

        #expect(useSecret(value.bytes) == 53)
        #expect(ProcessMemory.copies(of: part) == 1)
        withExtendedLifetime(copy) {}
    }
}
