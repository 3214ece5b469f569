/// The beginnings of forms in which lines end, one for each meaning of a line end.
struct BrokenTails {
    private var joined = BrokenTail(.nothing)
    private var spaced = BrokenTail(.blank)

    var isEmpty: Bool { joined.isEmpty && spaced.isEmpty }

    /// The place of the first byte; nil when there is none.
    var start: Int? {
        guard !joined.isEmpty else { return spaced.isEmpty ? nil : spaced.start }
        return spaced.isEmpty ? joined.start : min(joined.start, spaced.start)
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
        joined.readLineEnd(byte, at: place, isWide: isWide, after: plainState, in: table)
        spaced.readLineEnd(byte, at: place, isWide: isWide, after: plainState, in: table)
    }

    /// Reads any other byte.
    ///
    /// - Returns: the beginning of the longest broken form that ends with it.
    mutating func read(_ byte: UInt8, at place: Int, in table: PatternTable) -> Int? {
        let match = joined.read(byte, at: place, in: table)
        guard let spacedMatch = spaced.read(byte, at: place, in: table) else { return match }
        return min(match ?? spacedMatch, spacedMatch)
    }

    mutating func clear() {
        joined.clear()
        spaced.clear()
    }

    /// Counts places from so many bytes later on.
    mutating func move(by count: Int) {
        joined.move(by: count)
        spaced.move(by: count)
    }

    /// Goes on with a table that has all the forms of the one so far, and more.
    mutating func change(from table: PatternTable, to larger: PatternTable) {
        joined.change(from: table, to: larger)
        spaced.change(from: table, to: larger)
    }
}
