/// Says fast where no pattern can begin.
///
/// Whatever match begins at a place has its first `window` bytes there, and every group of four bytes (a gram) in them
/// is known here. So one look at a gram, every `step` bytes, rules out all the places whose window holds it; only where
/// a gram is known must the automaton look (compare Wu and Manber, "A fast algorithm for multi-pattern searching").
struct GramFilter: ~Copyable {
    private static let gram = MemoryLayout<UInt32>.size
    // Longer windows mean fewer looks, but more known grams. This many bytes already outrun memory.
    private static let longestWindow = 16
    private static let indexBits: UInt32 = 16

    /// One bit for each hash of a gram: 8 KiB, which stay in the processor's first cache.
    private let known: WipedMemory<UInt64>
    /// The distance between two looks; 0 when a pattern is so short that looking would not pay.
    let step: Int

    init(_ patterns: borrowing PatternSet, shortest: Int) {
        step = shortest < Self.gram + 2 ? 0 : min(shortest, Self.longestWindow) - Self.gram + 1
        known = WipedMemory(count: 1 << Int(Self.indexBits - 6))
        for pattern in 0..<patterns.count {
            guard let bytes = UnsafeRawPointer(patterns[pattern].baseAddress) else { continue }
            for offset in 0..<step {
                let index = Self.index(of: bytes, offset)
                known.start[Int(index >> 6)] |= 1 << UInt64(index & 63)
            }
        }
    }

    /// The first place, from `start` on, that could be the beginning of a match.
    ///
    /// The `step` places from there on are under suspicion. Near the end of the text, where a gram is incomplete,
    /// every place is.
    @inline(__always)
    func firstSuspect(in text: UnsafeRawPointer, count: Int, from start: Int) -> Int {
        let reach = step &- 1
        var place = start &+ reach
        let last = count &- Self.gram
        while place <= last, !isKnown(text, place) { place &+= step }
        return place &- reach
    }

    @inline(__always)
    private func isKnown(_ text: UnsafeRawPointer, _ place: Int) -> Bool {
        let index = Self.index(of: text, place)
        return known.start[Int(index &>> 6)] &>> UInt64(index & 63) & 1 != 0
    }

    @inline(__always)
    private static func index(of bytes: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        // Fibonacci hashing: the product's upper bits depend on all four bytes.
        (bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) &* 0x9E37_79B1) &>> (32 - indexBits)
    }
}
