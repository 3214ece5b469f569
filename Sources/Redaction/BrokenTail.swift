internal import Secrets

/// The beginning of a form in which lines end, because a program has broken what it wrote.
///
/// The automaton reads the same text a second time here, without these line ends; only from a line end on that stands
/// in the middle of a form, and only as long as the form goes on. So ordinary output is read once.
struct BrokenTail {
    /// Where the automaton would stand if the lines were one.
    private var state = PatternTable.root
    private var lineEnds = Gaps()
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
            lineEnds.add(place)
            return
        }
        guard isWide else { return clear() }
        if isEmpty {
            let depth = table.longest(.breakable, in: plainState)
            guard depth > 0 else { return }
            state = plainState
            start = place - depth
        }
        lineEnds.add(place)
        awaitsLineFeed = byte == .carriageReturn
    }

    /// Reads any other byte.
    ///
    /// - Returns: the beginning of the longest broken form that ends with it.
    mutating func read(_ byte: UInt8, at place: Int, in table: PatternTable) -> Int? {
        guard !isEmpty else { return nil }
        guard !awaitsLineFeed else {
            clear()
            return nil
        }
        state = table.state(after: state, byte) & PatternTable.stateBits
        let match = lineEnds.beginning(ofLast: table.longest(.breakableMatch, in: state), before: place + 1)
        start = lineEnds.beginning(ofLast: table.longest(.breakable, in: state), before: place + 1)
        // What stands in one line is found without us.
        lineEnds.remove(before: start)
        return match <= place ? match : nil
    }

    mutating func clear() {
        guard !isEmpty else { return }
        lineEnds.removeAll()
        awaitsLineFeed = false
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        start -= count
        lineEnds.move(by: count)
    }

    /// Goes on with a table that has all the forms of the one so far, and more.
    mutating func change(from table: PatternTable, to larger: PatternTable) {
        guard !isEmpty else { return }
        state = larger.state(like: state, of: table)
    }
}
