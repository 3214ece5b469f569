package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Replaces every form of some secrets by `***` in a stream that comes in chunks.
///
/// Matches that overlap or touch become one `***`; where a program has broken a form into lines, their ends are part of
/// the match. Escape sequences of a terminal inside of a form are shown, each between two `***`. All other bytes pass unchanged, in their order, and at once, except a tail that a form could begin with:
/// that is held until the bytes after it decide, until `releaseHeld`, or until `finish`, where what has not become a
/// form, or enough of one, passes unchanged too.
///
/// The tables are shared and never change; each stream needs a redactor of its own. If `output` throws, the stream is
/// over.
package final class StreamingRedactor {
    /// A longer tail is held until the next byte or the end: it may be the better part of a secret.
    private static let longestReleasable = 7
    private static let mask: StaticString = "***"

    private var table: PatternTable
    private var state = PatternTable.root
    private var brokenTails = BrokenTails()
    private var coloredTail = ColoredTail()
    private var lineWidth = LineWidth()
    /// The bytes that were read but not shown yet.
    private var held: WipedMemory<UInt8>
    package private(set) var heldCount = 0
    private var readCount: UInt64 = 0
    /// Matches that are not shown yet, apart from each other and in their order.
    ///
    /// Places count from the beginning of the current chunk, so those of held bytes are negative.
    private var matches: [Range<Int>] = []
    /// The place up to which everything has been shown or replaced.
    private var settled = 0
    /// Whether the last that was shown is the `***` of a match that ends at `settled`.
    private var isAfterMask = false
    private var pieces = PieceBuffer()

    package init(_ table: PatternTable) {
        self.table = table
        held = Self.memory(for: table)
        matches.reserveCapacity(16)
    }

    private static func memory(for table: PatternTable) -> WipedMemory<UInt8> {
        WipedMemory(count: BrokenTail.longest(of: table.longest) + ColoredTail.mostBytes)
    }

    package convenience init(hiding secrets: [Secret]) {
        self.init(PatternTable(hiding: secrets))
    }

    /// How many bytes of the stream came before the first held one.
    ///
    /// While this stays the same, the same byte waits, and so its 50 ms run on.
    package var heldPosition: UInt64 { readCount - UInt64(heldCount) }

    /// Whether the held bytes may be shown when they have waited for 50 ms.
    ///
    /// What counts is the whole tail, with the bytes that were released before: so of a secret that comes byte by byte,
    /// at most the first seven are shown.
    package var mayReleaseHeld: Bool {
        let plain = -(brokenTails.start ?? 0)
        let tail = max(table.depth(of: state), plain, coloredTail.visibleCount(in: table))
        return heldCount > 0 && tail <= Self.longestReleasable
    }

    /// Hides more secrets from now on, in the held bytes too.
    ///
    /// - Parameter larger: a table with all the secrets of the one so far.
    package func change(to larger: PatternTable) {
        guard larger !== table else { return }
        brokenTails.change(from: table, to: larger)
        coloredTail.change(from: table, to: larger)
        state = table.withPrefix(of: state) { prefix in
            var state = PatternTable.root
            for (index, byte) in prefix.enumerated() {
                state = larger.state(after: state, byte)
                let end = index + 1 - prefix.count
                if state >= PatternTable.matchBit { addMatch(end - larger.longest(.match, in: state)..<end) }
                state &= PatternTable.stateBits
            }
            return state
        }
        table = larger
        let memory = Self.memory(for: larger)
        memory.start.update(from: held.start, count: heldCount)
        held = memory
    }

    /// Filters the next bytes of the stream.
    ///
    /// - Parameter output: takes what may be shown, mostly as slices of the chunk; valid during the call only.
    package func redact<Failure: Error>(
        _ chunk: UnsafeRawBufferPointer,
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var place = 0
        var escape = -1
        while place < chunk.count {
            var isMatch = false
            if brokenTails.isEmpty, coloredTail.isIdle {
                if escape < place { escape = nextEscape(in: chunk, from: place) }
                state = table.read(UnsafeRawBufferPointer(rebasing: chunk[..<escape]), from: &place, in: state)
            }
            // Where a line ends in a form, or an escape sequence begins, and behind that.
            if place == escape, let next = passEscapeSequence(in: chunk, at: place) {
                escape = next
                continue
            }
            if state < PatternTable.matchBit, place < chunk.count {
                isMatch = readAcrossGaps(chunk, at: place)
                place += 1
            }
            if state >= PatternTable.matchBit {
                addMatch(place - table.longest(.match, in: state)..<place)
                state &= ~PatternTable.matchBit
                isMatch = true
            }
            if isMatch { try settle(upTo: tailStart(before: place), of: chunk, into: output) }
        }
        try settle(upTo: tailStart(before: chunk.count), of: chunk, into: output)
        try pieces.flush(to: output)
        lineWidth.read(chunk)
        hold(chunk)
    }

    /// Shows the held bytes because they have waited long enough, if `mayReleaseHeld`.
    ///
    /// They remain part of what is matched: when a secret comes to its end later, the rest of it is replaced.
    package func releaseHeld<Failure: Error>(
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard mayReleaseHeld else { return }
        try showHeld(into: output)
    }

    /// Shows what is still held at the end of the stream; the redactor is then ready for another one.
    package func finish<Failure: Error>(
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        try showHeld(into: output)
        state = PatternTable.root
        brokenTails.clear()
        coloredTail.reset()
        lineWidth = LineWidth()
        isAfterMask = false
    }

    private func showHeld<Failure: Error>(
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        try settle(upTo: 0, of: nothing, into: output)
        try pieces.flush(to: output)
        hold(nothing)
    }

    /// Where the bytes begin, at the end of what was read, that are the beginning of a form.
    private func tailStart(before place: Int) -> Int {
        var start = place - table.depth(of: state)
        if let broken = brokenTails.start { start = min(start, broken) }
        if !coloredTail.isEmpty { start = min(start, coloredTail.start) }
        return start
    }

    /// The place of the next escape sequence that may stand in the middle of a form; the others are passed.
    private func nextEscape(in chunk: UnsafeRawBufferPointer, from place: Int) -> Int {
        guard let start = chunk.baseAddress else { return chunk.count }
        var place = place
        while let found = memchr(start + place, Int32(EscapeSequence.escape), chunk.count - place) {
            let escape = UnsafeRawPointer(found) - start
            // No form goes on behind a byte that is in no form.
            guard escape > 0, table.hasSpareClass, table.classOfByte.start[Int(chunk[escape - 1])] == 0,
                let end = EscapeSequence.end(in: chunk, from: escape)
            else { return escape }
            coloredTail.pass(until: end.place)
            place = end.place
        }
        return chunk.count
    }

    /// Passes a sequence if it is not in the middle of a form.
    ///
    /// - Returns: the place of the next one; nil when this one must be read.
    private func passEscapeSequence(in chunk: UnsafeRawBufferPointer, at place: Int) -> Int? {
        guard place < chunk.count, state < PatternTable.matchBit, brokenTails.isEmpty, coloredTail.isIdle,
            coloredTail.isPlain(at: place, state, in: table),
            let end = EscapeSequence.end(in: chunk, from: place)
        else { return nil }
        coloredTail.pass(until: end.place)
        return nextEscape(in: chunk, from: end.place)
    }

    /// Reads a line end or an escape sequence in the middle of a form, or one byte of what follows it.
    ///
    /// - Returns: whether a form ends there with such a gap inside. One without shows by `state`.
    private func readAcrossGaps(_ chunk: UnsafeRawBufferPointer, at place: Int) -> Bool {
        let byte = chunk[place]
        let pieces = coloredTail.read(byte, at: place, after: state, in: table)
        for piece in pieces { addMatch(piece) }
        var isMatch = !pieces.isEmpty
        if byte.isLineEnd {
            let isWide = lineWidth.isEnough(before: place, of: chunk)
            brokenTails.readLineEnd(byte, at: place, isWide: isWide, after: state, in: table)
        } else if let match = brokenTails.read(byte, at: place, in: table) {
            addMatch(match..<place + 1)
            isMatch = true
        }
        state = table.state(after: state, byte) & ~PatternTable.lineBit
        return isMatch
    }

    /// Adds what is left to be replaced of a match, and joins it with those it overlaps or touches.
    private func addMatch(_ match: Range<Int>) {
        var match = match.clamped(to: settled..<max(settled, match.upperBound))
        guard !match.isEmpty else { return }
        var first = matches.endIndex
        while first > 0, matches[first - 1].upperBound >= match.lowerBound { first -= 1 }
        guard first < matches.endIndex else { return matches.append(match) }
        var end = first
        while end < matches.endIndex, matches[end].lowerBound <= match.upperBound {
            match = min(match.lowerBound, matches[end].lowerBound)..<max(match.upperBound, matches[end].upperBound)
            end += 1
        }
        matches.replaceSubrange(first..<end, with: CollectionOfOne(match))
    }

    /// Shows everything before a limit, which no match to come can reach.
    private func settle<Failure: Error>(
        upTo limit: Int,
        of chunk: UnsafeRawBufferPointer,
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var shown = 0
        // A match that begins where the output ends cannot begin earlier, whatever comes.
        for match in matches where match.lowerBound <= max(limit, settled) {
            try show(match.lowerBound, of: chunk, into: output)
            if !isAfterMask {
                let mask = UnsafeRawBufferPointer(start: Self.mask.utf8Start, count: Self.mask.utf8CodeUnitCount)
                try pieces.write(mask, to: output)
            }
            isAfterMask = true
            settled = match.upperBound
            shown += 1
        }
        matches.removeFirst(shown)
        try show(limit, of: chunk, into: output)
    }

    /// Shows the bytes between what is settled and a place.
    private func show<Failure: Error>(
        _ end: Int,
        of chunk: UnsafeRawBufferPointer,
        into output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard settled < end else { return }
        if settled < 0 {
            let first = held.start + (heldCount + settled)
            try pieces.write(UnsafeRawBufferPointer(start: first, count: min(end, 0) - settled), to: output)
        }
        if end > 0 {
            try pieces.write(UnsafeRawBufferPointer(rebasing: chunk[max(settled, 0)..<end]), to: output)
        }
        settled = end
        isAfterMask = false
    }

    /// Keeps what is not settled; the next chunk begins where this one ends.
    private func hold(_ chunk: UnsafeRawBufferPointer) {
        let kept = max(-settled, 0)
        held.start.update(from: held.start + (heldCount - kept), count: kept)
        let fresh = chunk[max(settled, 0)...]
        UnsafeMutableRawBufferPointer(start: held.start + kept, count: fresh.count)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: fresh))
        heldCount = kept + fresh.count
        settled = -heldCount
        readCount += UInt64(chunk.count)
        brokenTails.move(by: chunk.count)
        coloredTail.move(by: chunk.count)
        for index in matches.indices {
            matches[index] = matches[index].lowerBound - chunk.count..<matches[index].upperBound - chunk.count
        }
    }
}
