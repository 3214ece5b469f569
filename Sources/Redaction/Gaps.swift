/// What stands inside of a form without being part of it: line ends, or escape sequences of a terminal.
///
/// Places count from the beginning of the current chunk.
struct Gaps {
    /// In their order, none touching another.
    private(set) var ranges: [Range<Int>] = []

    var isEmpty: Bool { ranges.isEmpty }

    /// How many bytes they are.
    private(set) var count = 0

    /// Adds a byte, to the last gap if that ends here.
    mutating func add(_ place: Int) {
        count += 1
        if let last = ranges.last, last.upperBound == place {
            ranges[ranges.count - 1] = last.lowerBound..<place + 1
        } else {
            ranges.append(place..<place + 1)
        }
    }

    /// Forgets those that end before a place.
    mutating func remove(before place: Int) {
        let past = ranges.prefix { $0.upperBound <= place }
        count -= past.reduce(0) { $0 + $1.count }
        ranges.removeFirst(past.count)
    }

    mutating func removeAll() {
        ranges.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Where so many bytes begin, counted back over gaps.
    func beginning(ofLast count: Int, before end: Int) -> Int {
        var beginning = end - count
        for gap in ranges.reversed() where beginning < gap.upperBound { beginning -= gap.count }
        return beginning
    }

    /// What is left of a range.
    func pieces(of range: Range<Int>) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = range.lowerBound
        for gap in ranges where gap.lowerBound > start && gap.upperBound < range.upperBound {
            pieces.append(start..<gap.lowerBound)
            start = gap.upperBound
        }
        pieces.append(start..<range.upperBound)
        return pieces
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        for index in ranges.indices {
            ranges[index] = ranges[index].lowerBound - count..<ranges[index].upperBound - count
        }
    }
}
