internal import Secrets

/// Says fast where no pattern can begin.
///
/// Whatever match begins at a place has its first `window` bytes there, and every group of four bytes (a gram) in them
/// is known here. So one look at a gram, every `step` bytes, rules out all the places whose window holds it; only where
/// a gram is known must the automaton look (compare Wu and Manber, "A fast algorithm for multi-pattern searching").
struct GramFilter: ~Copyable {
    private static let gram = MemoryLayout<UInt32>.size
    // Longer windows mean fewer looks, but more known grams. This many bytes already outrun memory.
    private static let longestWindow = 16

    private let known = GramSet(multiplier: 0x9E37_79B1)
    // An unknown gram that looks known would make a file of zeros slow: so a second opinion, with other errors.
    private let surelyKnown = GramSet(multiplier: 0x85EB_CA77)
    /// The distance between two looks; 0 when a pattern is so short that looking would not pay.
    let step: Int
    /// Whether every known gram of a window has another one right before or behind it in the window.
    private let hasNeighbors: Bool

    init(_ patterns: borrowing PatternSet) {
        let shortest = patterns.shortestBeginning
        step = shortest < Self.gram + 2 ? 0 : min(shortest, Self.longestWindow) - Self.gram + 1
        hasNeighbors = step >= 2 * Self.gram
        for pattern in 0..<patterns.count {
            guard step > 0, let bytes = UnsafeRawPointer(patterns[pattern].baseAddress) else { continue }
            insertGrams(of: bytes, at: 0..<step)
            if patterns.entries[pattern].isBreakable { insertGramsWithLineEnds(of: bytes) }
        }
    }

    /// Inserts the grams of a window in which a line ends; never two, for no line is that short.
    private func insertGramsWithLineEnds(of bytes: UnsafeRawPointer) {
        let window = step + Self.gram - 1
        let broken = WipedMemory<UInt8>(count: window + 2)
        for place in 1..<window {
            for lineEnd in ["\n", "\r\n"] as [StaticString] {
                let end = place + lineEnd.utf8CodeUnitCount
                UnsafeMutableRawPointer(broken.start).copyMemory(from: bytes, byteCount: place)
                (broken.start + place).update(from: lineEnd.utf8Start, count: end - place)
                UnsafeMutableRawPointer(broken.start + end).copyMemory(from: bytes + place, byteCount: window - place)
                // The other grams are those of the window that is not broken.
                insertGrams(of: broken.start, at: max(0, place - Self.gram + 1)..<min(step, end))
            }
        }
    }

    private func insertGrams(of bytes: UnsafeRawPointer, at offsets: Range<Int>) {
        for offset in offsets {
            let gram = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            known.insert(gram)
            surelyKnown.insert(gram)
        }
    }

    /// The first place, from `start` on, that could be the beginning of a match.
    ///
    /// The `step` places from there on are under suspicion. Near the end of the text, where a gram is incomplete,
    /// every place is.
    @inline(__always)
    func firstSuspect(in text: UnsafeRawPointer, count: Int, from start: Int) -> Int {
        let reach = step &- 1
        let last = count &- Self.gram
        var place = start &+ reach
        while place <= last {
            let gram = text.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            if known.contains(gram), isSuspect(place, in: text, count: count) { break }
            place &+= step
        }
        return place &- reach
    }

    /// Whether a window that may be one of a form holds this gram, whose hash is known.
    ///
    /// One of the grams before and behind it is then known too. So what begins like a form by chance, and even a few
    /// characters of one, is seldom looked into.
    private func isSuspect(_ place: Int, in text: UnsafeRawPointer, count: Int) -> Bool {
        guard surelyKnown.contains(text.loadUnaligned(fromByteOffset: place, as: UInt32.self)) else { return false }
        // The step is greater than a gram, so that there is one before.
        guard hasNeighbors, !isKnown(at: place &- Self.gram, in: text) else { return true }
        let next = place &+ Self.gram
        return next > count &- Self.gram || isKnown(at: next, in: text)
    }

    private func isKnown(at place: Int, in text: UnsafeRawPointer) -> Bool {
        let gram = text.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        return known.contains(gram) && surelyKnown.contains(gram)
    }
}

/// A set of grams, each by one bit at a hash of it: 16 KiB, which stay in the processor's first cache.
private struct GramSet: ~Copyable {
    private static let indexBits: UInt32 = 17
    private let words = WipedMemory<UInt64>(count: 1 << Int(Self.indexBits - 6))
    let multiplier: UInt32

    init(multiplier: UInt32) {
        self.multiplier = multiplier
    }

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
        (gram &* multiplier) &>> (32 - Self.indexBits)
    }
}
