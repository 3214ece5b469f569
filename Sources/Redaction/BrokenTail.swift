internal import Secrets

/// The beginning of a form in which lines end, because a program has broken what it wrote.
///
/// The automaton reads the same text a second time here, with these line ends as they are meant; only from a line end on
/// that stands in the middle of a form, and only as long as the form goes on. So ordinary output is read once.
struct BrokenTail {
    /// What a line end stands for.
    enum LineEnd {
        /// Nothing, as `base64`, `xxd -p` and `fold` write it.
        case nothing
        /// A blank, with one before it and up to `mostIndentation` behind it, as `xargs -n` and `xxd -i` write it.
        case blank
    }

    /// How many blanks a line may begin with; with more, the filter would have to look at all text that is indented.
    static let mostIndentation = 2

    private let meaning: LineEnd
    /// Where the automaton would stand if the lines were one.
    private var state = PatternTable.root
    /// What the automaton does not see here.
    private var gaps = Gaps()
    private var lastLineEnd = 0
    /// Whether the last byte was a carriage return, which is no line end alone.
    private var awaitsLineFeed = false
    /// How many blanks at the beginning of a line are still none of the form's.
    private var indentation = 0
    /// The place of the first byte.
    private(set) var start = 0
    private(set) var isEmpty = true

    init(_ meaning: LineEnd) {
        self.meaning = meaning
    }

    /// How many bytes such a tail can have.
    static func longest(of form: Int) -> Int {
        form + (2 + mostIndentation) * (form / (LineWidth.narrowest - mostIndentation) + 2)
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
            gaps.add(place)
            lastLineEnd = place
            return
        }
        guard isWide else { return clear() }
        if isEmpty { state = plainState }
        let isGap = meaning == .nothing || table.lastByte(of: state) == .blank
        if !isGap { state = table.state(after: state, .blank) & PatternTable.stateBits }
        let depth = table.longest(.breakable, in: state)
        guard depth > 0 else { return clear() }
        start = gaps.beginning(ofLast: depth, before: isGap ? place : place + 1)
        if isGap { gaps.add(place) }
        isEmpty = false
        lastLineEnd = place
        awaitsLineFeed = byte == .carriageReturn
        indentation = meaning == .blank ? Self.mostIndentation : 0
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
        if byte == .blank, indentation > 0 {
            indentation -= 1
            gaps.add(place)
            return nil
        }
        indentation = 0
        state = table.state(after: state, byte) & PatternTable.stateBits
        let match = gaps.beginning(ofLast: table.longest(.breakableMatch, in: state), before: place + 1)
        start = gaps.beginning(ofLast: table.longest(.breakable, in: state), before: place + 1)
        // What stands in one line is found without us.
        if start > lastLineEnd { clear() } else { gaps.remove(before: start) }
        return match <= place ? match : nil
    }

    mutating func clear() {
        guard !isEmpty else { return }
        isEmpty = true
        gaps.removeAll()
        awaitsLineFeed = false
        indentation = 0
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        guard !isEmpty else { return }
        start -= count
        lastLineEnd -= count
        gaps.move(by: count)
    }

    /// Goes on with a table that has all the forms of the one so far, and more.
    mutating func change(from table: PatternTable, to larger: PatternTable) {
        guard !isEmpty else { return }
        state = larger.state(like: state, of: table)
    }
}
