internal import Secrets

/// The beginning of a form with escape sequences of a terminal inside, as `grep --color` writes them.
///
/// As in `BrokenTail`, the automaton reads a text a second time, here without these sequences: only from one on that
/// stands in the middle of a form, and only as long as the form goes on.
struct ColoredTail {
    /// How many bytes the sequences of a tail may have: 24 for each character of a long token, say.
    static let mostBytes = 32 << 10

    /// Where the automaton would stand without the sequences.
    private var state = PatternTable.root
    private var sequences = Gaps()
    /// In the middle of a sequence; nil in the text.
    private var position: EscapeSequence.Position?
    /// Whether the sequence stands behind the beginning of a form.
    private var isInForm = false
    /// Where the last sequence ended: what stands before belongs to no form that the automaton has read in one piece.
    private var lastEnd = Int.min / 2
    /// The place of the first byte.
    private(set) var start = 0

    var isEmpty: Bool { sequences.isEmpty }
    /// Whether the next byte is of no interest, unless it begins a sequence.
    var isIdle: Bool { isEmpty && position == nil }

    /// How many characters of a form are there.
    func visibleCount(in table: PatternTable) -> Int { isEmpty ? 0 : table.depth(of: state) }

    /// Takes note of a sequence that stands behind no beginning of a form.
    mutating func pass(until end: Int) {
        lastEnd = end
    }

    /// Whether, in front of a sequence, there is no beginning of a form.
    ///
    /// - Parameter plainState: where the automaton stands that sees the sequences.
    func isPlain(at place: Int, _ plainState: AutomatonState, in table: PatternTable) -> Bool {
        table.openState(plainState, notDeeperThan: max(0, place - lastEnd)) == PatternTable.root
    }

    /// Reads any byte.
    ///
    /// - Parameter plainState: where the automaton stands that sees the sequences, before this byte.
    /// - Returns: the pieces of the longest form with sequences inside that ends with this byte.
    mutating func read(
        _ byte: UInt8,
        at place: Int,
        after plainState: AutomatonState,
        in table: PatternTable
    ) -> [Range<Int>] {
        if let position {
            let (next, isValid) = position.next(after: byte)
            goOn(place, if: isValid, as: next)
        } else if byte == EscapeSequence.escape {
            begin(at: place, after: plainState, in: table)
        } else if !isEmpty {
            return readText(byte, at: place, in: table)
        }
        return []
    }

    private mutating func begin(at place: Int, after plainState: AutomatonState, in table: PatternTable) {
        if isEmpty {
            state = table.openState(plainState, notDeeperThan: max(0, place - lastEnd))
            start = place - table.depth(of: state)
            isInForm = start < place
        }
        goOn(place, if: true, as: .first)
    }

    private mutating func goOn(_ place: Int, if isValid: Bool, as next: EscapeSequence.Position?) {
        lastEnd = place + 1
        position = next
        isInForm = isInForm && isValid && sequences.count < Self.mostBytes
        if isInForm { sequences.add(place) } else { sequences.removeAll() }
    }

    private mutating func readText(_ byte: UInt8, at place: Int, in table: PatternTable) -> [Range<Int>] {
        state = table.state(after: state, byte) & PatternTable.stateBits
        let count = table.longest(.match, in: state)
        let match = count > 0 ? sequences.beginning(ofLast: count, before: place + 1) : place + 1
        let open = table.depth(of: table.openState(state))
        start = sequences.beginning(ofLast: open, before: place + 1)
        // What has no sequence inside is found without us.
        let pieces = place + 1 - match > count ? sequences.pieces(of: match..<place + 1) : []
        sequences.remove(before: start)
        return pieces
    }

    /// Begins anew, with another stream.
    mutating func reset() {
        sequences.removeAll()
        position = nil
        lastEnd = .min / 2
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        start -= count
        sequences.move(by: count)
        if lastEnd > .min / 2 + count { lastEnd -= count }
    }

    /// Goes on with a table that has all the forms of the one so far, and more.
    mutating func change(from table: PatternTable, to larger: PatternTable) {
        guard !isEmpty else { return }
        state = larger.state(like: state, of: table)
    }
}
