internal import Secrets

/// Says fast where no pattern can begin.
///
/// Whatever match begins at a place has its first `window` bytes there, and every group of four bytes (a gram) in them
/// is known here. So one look at a gram, every `step` bytes, rules out all the places whose window holds it; only where
/// all grams of a window are known must the automaton look (compare Wu and Manber, "A fast algorithm for multi-pattern searching").
struct GramFilter: ~Copyable {
    private static let gram = MemoryLayout<UInt32>.size
    // Longer windows mean fewer looks, but more known grams. This many bytes already outrun memory.
    private static let longestWindow = 16

    private let known = GramSet()
    private let offsets = GramOffsets()
    /// The distance between two looks; 0 when a pattern is so short that looking would not pay.
    let step: Int
    init(_ patterns: borrowing PatternSet) {
        let shortest = patterns.shortestBeginning
        step = shortest < Self.gram + 2 ? 0 : min(shortest, Self.longestWindow) - Self.gram + 1
        for pattern in 0..<patterns.count {
            guard step > 0, let bytes = UnsafeRawPointer(patterns[pattern].baseAddress) else { continue }
            insertGrams(of: bytes, at: 0..<step)
            if patterns.entries[pattern].isBreakable { insertGramsWithLineEnds(of: bytes) }
        }
    }

    /// Inserts the grams of a window in which a line ends; never two, for no line is that short.
    private func insertGramsWithLineEnds(of bytes: UnsafeRawPointer) {
        let window = step + Self.gram - 1
        let broken = WipedMemory<UInt8>(count: window + Self.longestLineEnd)
        for place in 1..<window {
            for lineEnd in Self.lineEnds { insertGrams(of: bytes, with: lineEnd, at: place, omitting: 0, broken) }
            guard bytes.load(fromByteOffset: place, as: UInt8.self) == .blank else { continue }
            for lineEnd in Self.spacedLineEnds { insertGrams(of: bytes, with: lineEnd, at: place, omitting: 1, broken) }
        }
    }

    private static let lineEnds: [StaticString] = ["\n", "\r\n"]
    /// Line ends that stand for a blank, with others around: one before, and up to `BrokenTail.mostIndentation` behind.
    ///
    /// Where only one is there, it is that of the form, and the line end stands for nothing.
    private static let spacedLineEnds: [StaticString] = [
        "\n", "\r\n", "\n  ", "\r\n  ", " \n ", " \r\n ", " \n  ", " \r\n  ",
    ]
    private static let longestLineEnd = 5

    /// Inserts the grams of a window in which a line end was put, in the place of nothing or of a byte.
    ///
    /// - Parameter broken: room for this window.
    private func insertGrams(
        of bytes: UnsafeRawPointer,
        with lineEnd: StaticString,
        at place: Int,
        omitting omitted: Int,
        _ broken: borrowing WipedMemory<UInt8>
    ) {
        let window = step + Self.gram - 1
        let end = place + lineEnd.utf8CodeUnitCount
        let start = UnsafeMutableRawPointer(broken.start)
        start.copyMemory(from: bytes, byteCount: place)
        (broken.start + place).update(from: lineEnd.utf8Start, count: end - place)
        (start + end).copyMemory(from: bytes + place + omitted, byteCount: window - place - omitted)
        // Those before are grams of the window that is not broken.
        let first = max(0, place - Self.gram + 1)
        if first < step { insertGrams(of: broken.start, at: first..<step) }
    }

    private func insertGrams(of bytes: UnsafeRawPointer, at offsets: Range<Int>) {
        for offset in offsets {
            let gram = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            known.insert(gram)
            self.offsets.insert(gram, at: offset)
        }
    }

    /// The first place, from `start` on, that could be the beginning of a match.
    ///
    /// Near the end of the text, where grams are incomplete, every place is.
    @inline(__always)
    func firstSuspect(in text: UnsafeRawPointer, count: Int, from start: Int) -> Int {
        let reach = step &- 1
        let last = count &- Self.gram
        var place = start &+ reach
        while place <= last {
            let gram = text.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            if known.contains(gram), let suspect = suspect(around: place, in: text, last: last) { return suspect }
            place &+= step
        }
        return place &- reach
    }

    /// The first window with this gram, whose hash is known, that has known grams where a window has them.
    private func suspect(around place: Int, in text: UnsafeRawPointer, last: Int) -> Int? {
        var candidates = offsets[text.loadUnaligned(fromByteOffset: place, as: UInt32.self)]
        while candidates != 0 {
            let offset = UInt16.bitWidth - 1 - candidates.leadingZeroBitCount
            if isWindow(at: place &- offset, in: text, last: last) { return place &- offset }
            candidates &= ~(1 << UInt16(offset))
        }
        return nil
    }

    private func isWindow(at start: Int, in text: UnsafeRawPointer, last: Int) -> Bool {
        var offset = 0
        while offset < step, start &+ offset <= last {
            let gram = text.loadUnaligned(fromByteOffset: start &+ offset, as: UInt32.self)
            guard offsets[gram] &>> UInt16(truncatingIfNeeded: offset) & 1 != 0 else { return false }
            offset &+= Self.gram
        }
        return true
    }
}

/// A set of grams, each by one bit at a hash of it: 16 KiB, which stay in the processor's first cache.
private struct GramSet: ~Copyable {
    private static let indexBits: UInt32 = 17
    private let words = WipedMemory<UInt64>(count: 1 << Int(Self.indexBits - 6))

    func insert(_ gram: UInt32) {
        let index = index(of: gram)
        words.start[Int(index >> 6)] |= 1 << UInt64(index & 63)
    }

    @inline(__always)
    func contains(_ gram: UInt32) -> Bool {
        let index = index(of: gram)
        return (words.start[Int(index &>> 6)] &>> UInt64(index & 63)) & 1 != 0
    }

    /// The upper bits of a product depend on all bits of its factors.
    @inline(__always)
    private func index(of gram: UInt32) -> UInt32 {
        (gram &* 0x9E37_79B1) &>> (32 - Self.indexBits)
    }
}

/// Where in a window grams stand, each by the bits of its offsets at a hash of it: 128 KiB, seldom looked at.
///
/// The hash has other errors than that of the set, so that a gram that is in there by chance is not here too.
private struct GramOffsets: ~Copyable {
    private static let indexBits: UInt32 = 16
    private let offsets = WipedMemory<UInt16>(count: 1 << Int(Self.indexBits))

    func insert(_ gram: UInt32, at offset: Int) {
        offsets.start[index(of: gram)] |= 1 << UInt16(offset)
    }

    subscript(_ gram: UInt32) -> UInt16 { offsets.start[index(of: gram)] }

    private func index(of gram: UInt32) -> Int {
        Int((gram &* 0x85EB_CA77) &>> (32 - Self.indexBits))
    }
}
