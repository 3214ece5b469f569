internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Byte strings in one wiped block of memory: sorted, none empty, none twice.
struct PatternSet: ~Copyable {
    /// Where a pattern stands, and what `SecretForm` says of it.
    struct Entry {
        let range: Range<Int>
        var shortestBeginning: Int
        var isBreakable: Bool

        fileprivate mutating func merge(_ other: Entry) {
            shortestBeginning = min(shortestBeginning, other.shortestBeginning)
            isBreakable = isBreakable || other.isBreakable
        }
    }

    private let bytes: WipedMemory<UInt8>
    private(set) var entries: [Entry]

    init(_ forms: [SecretForm]) {
        bytes = WipedMemory(count: forms.reduce(0) { $0 + $1.value.count })
        entries = []
        var end = 0
        for form in forms where !form.value.isEmpty {
            let count = form.value.count
            let place = UnsafeMutableRawBufferPointer(start: bytes.start + end, count: count)
            form.value.reveal { place.copyMemory(from: $0) }
            entries.append(
                Entry(
                    range: end..<end + count,
                    shortestBeginning: form.shortestBeginning,
                    isBreakable: form.isBreakable
                )
            )
            end += count
        }
        sortWithoutDuplicates()
    }

    var count: Int { entries.count }

    subscript(pattern: Int) -> UnsafeBufferPointer<UInt8> {
        let range = entries[pattern].range
        return UnsafeBufferPointer(start: bytes.start + range.lowerBound, count: range.count)
    }

    var longest: Int { entries.map(\.range.count).max() ?? 0 }
    var shortestBeginning: Int { entries.map(\.shortestBeginning).min() ?? .max }

    /// How many different prefixes the patterns have, the empty one included.
    var prefixCount: Int {
        (0..<count).reduce(1) { $0 + entries[$1].range.count - sharedPrefix(of: $1) }
    }

    /// How many bytes a pattern has in common with the one before it.
    private func sharedPrefix(of pattern: Int) -> Int {
        guard pattern > 0 else { return 0 }
        return zip(self[pattern - 1], self[pattern]).prefix { $0 == $1 }.count
    }

    private mutating func sortWithoutDuplicates() {
        let memory = UnsafePointer(bytes.start)
        entries.sort { order(memory, $0.range, $1.range) < 0 }
        var unique: [Entry] = []
        for entry in entries {
            if let last = unique.last, order(memory, last.range, entry.range) == 0 {
                unique[unique.count - 1].merge(entry)
            } else {
                unique.append(entry)
            }
        }
        entries = unique
    }
}

/// Negative, zero or positive, as the first range of bytes sorts before, with or after the second.
private func order(_ memory: UnsafePointer<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Int {
    let common = min(left.count, right.count)
    let difference = Int(memcmp(memory + left.lowerBound, memory + right.lowerBound, common))
    return difference != 0 ? difference : left.count - right.count
}
