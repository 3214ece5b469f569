internal import Secrets

/// The beginning of a form in which lines end, because a program has broken what it wrote.
///
/// The automaton reads the same text a second time here, without these line ends; only from a line end on that stands
/// in the middle of a form, and only as long as the form goes on. So ordinary output is read once.
struct BrokenTail {
    /// Where the automaton would stand if the lines were one.
    private var state = PatternTable.root
    /// The line ends inside, in their order; places count from the beginning of the current chunk.
    private var lineEnds: [Range<Int>] = []
    /// Whether the last byte was a carriage return, which is no line end alone.
    private var awaitsLineFeed = false
    /// The place of the first byte.
    private(set) var start = 0

    var isEmpty: Bool { lineEnds.isEmpty }

    /// How many bytes such a tail can have.
    static func longest(of form: Int) -> Int {
        form + 2 * (form / LineWidth.narrowest + 2)
    }

    /// Reads a line feed or a carriage return.
    ///
    /// - Parameters:
    ///   - isWide: whether the line before it is so wide that it may have been broken.
    ///   - plainState: where the automaton stands that sees line ends.
    mutating func readLineEnd(
        _ byte: UInt8,
        at place: Int,
        isWide: Bool,
        after plainState: AutomatonState,
        in table: PatternTable
    ) {
        if awaitsLineFeed, byte == .lineFeed {
            awaitsLineFeed = false
            lineEnds[lineEnds.count - 1] = place - 1..<place + 1
            return
        }
        guard isWide else { return clear() }
        if isEmpty {
            state = plainState
            start = place - Int(table.node(of: state).breakableDepth)
        }
        lineEnds.append(place..<place + 1)
        awaitsLineFeed = byte == .carriageReturn
    }

    /// Reads any other byte.
    ///
    /// - Returns: the beginning of the longest broken form that ends with it.
    mutating func read(_ byte: UInt8, at place: Int, in table: PatternTable) -> Int? {
        guard !awaitsLineFeed else {
            clear()
            return nil
        }
        state = table.state(after: state, byte) & PatternTable.stateBits
        let node = table.node(of: state)
        let match = beginning(ofLast: Int(node.longestBreakable), before: place + 1)
        start = beginning(ofLast: Int(node.breakableDepth), before: place + 1)
        // What stands in one line is found without us.
        lineEnds.removeFirst(lineEnds.prefix { $0.upperBound <= start }.count)
        return match <= place ? match : nil
    }

    mutating func clear() {
        guard !isEmpty else { return }
        lineEnds.removeAll(keepingCapacity: true)
        awaitsLineFeed = false
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        start -= count
        for index in lineEnds.indices {
            lineEnds[index] = lineEnds[index].lowerBound - count..<lineEnds[index].upperBound - count
        }
    }

    /// Where so many characters begin, counted back over line ends.
    private func beginning(ofLast count: Int, before end: Int) -> Int {
        var beginning = end - count
        for lineEnd in lineEnds.reversed() where beginning < lineEnd.upperBound { beginning -= lineEnd.count }
        return beginning
    }
}
