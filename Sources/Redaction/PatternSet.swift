#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Byte strings in one wiped block of memory: sorted, none empty, none twice.
struct PatternSet: ~Copyable {
    private let bytes: WipedMemory<UInt8>
    private(set) var ranges: [Range<Int>]

    init(_ forms: [Secret]) {
        bytes = WipedMemory(count: forms.reduce(0) { $0 + $1.count })
        ranges = []
        var end = 0
        for form in forms where !form.isEmpty {
            let place = UnsafeMutableRawBufferPointer(start: bytes.start + end, count: form.count)
            form.reveal { place.copyMemory(from: $0) }
            ranges.append(end..<end + form.count)
            end += form.count
        }
        sortWithoutDuplicates()
    }

    var count: Int { ranges.count }

    subscript(pattern: Int) -> UnsafeBufferPointer<UInt8> {
        slice(ranges[pattern])
    }

    /// How many different prefixes the patterns have, the empty one included.
    var prefixCount: Int {
        (0..<count).reduce(1) { $0 + ranges[$1].count - sharedPrefix(of: $1) }
    }

    /// How many bytes a pattern has in common with the one before it.
    private func sharedPrefix(of pattern: Int) -> Int {
        guard pattern > 0 else { return 0 }
        return zip(self[pattern - 1], self[pattern]).prefix { $0 == $1 }.count
    }

    private func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes.start + range.lowerBound, count: range.count)
    }

    private mutating func sortWithoutDuplicates() {
        let memory = UnsafePointer(bytes.start)
        ranges.sort { order(memory, $0, $1) < 0 }
        var unique: [Range<Int>] = []
        for range in ranges {
            if let last = unique.last, order(memory, last, range) == 0 { continue }
            unique.append(range)
        }
        ranges = unique
    }
}

/// Negative, zero or positive, as the first range of bytes sorts before, with or after the second.
private func order(_ memory: UnsafePointer<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Int {
    let common = min(left.count, right.count)
    let difference = Int(memcmp(memory + left.lowerBound, memory + right.lowerBound, common))
    return difference != 0 ? difference : left.count - right.count
}
