package import Secrets

/// Where the automaton stands; `PatternTable` says what the bits mean.
typealias AutomatonState = UInt32

/// An Aho–Corasick automaton over all forms of all secrets: constant time per byte, whatever the text.
///
/// Its state says which prefix of which form the text so far ends in, the longest one. The nodes stand breadth first;
/// as many as fit the memory budget have a row with the next state for every byte, so that one look-up is a step. The
/// deep ones of long secrets know only their children and follow `fail` otherwise.
///
/// A state below `rowEnd` is the place of the node's row in `rows`; from `rowEnd` on, it counts the nodes without rows.
/// With `matchBit`, a match ends here. With `lineBit`, a line end came in the middle of a form that may be broken.
package final class PatternTable: Sendable {
    struct Node: BitwiseCopyable {
        /// The last byte of the prefix that the node stands for.
        var label: UInt8 = 0
        /// The last byte of its first child, and the state there; for nodes without a row.
        var nextLabel: UInt8 = 0
        var next: AutomatonState = 0
        var childCount: UInt16 = 0
        var firstChild: UInt32 = 0
        /// The length of the prefix.
        var depth: UInt32 = 0
        /// The length of the longest form that the prefix ends in, or beginning that is hidden too; 0 when there is none.
        var longestMatch: UInt32 = 0
        /// The same of breakable forms.
        var longestBreakable: UInt32 = 0
        /// The length of the longest suffix, the prefix included, that a breakable form goes on from; or 0.
        var breakableDepth: UInt32 = 0
        /// The state of the longest proper suffix that is a prefix too.
        var fail: AutomatonState = 0
    }

    static let root: AutomatonState = 0
    static let matchBit: AutomatonState = 1 << 31
    static let lineBit: AutomatonState = 1 << 30
    static let stateBits: AutomatonState = lineBit - 1

    /// The length of the longest form.
    let longest: Int
    let filter: GramFilter
    /// Bytes that no form holds are all of class 0.
    let classOfByte: WipedMemory<UInt8>
    let classCount: Int
    let rows: WipedMemory<AutomatonState>
    let rowCount: Int
    let rowEnd: AutomatonState
    let nodes: WipedMemory<Node>

    /// - Parameter rowBudget: how many bytes the rows may take. The nodes take about 36 bytes for each byte of a form.
    package convenience init(hiding secrets: [Secret], rowBudget: Int = 512 << 10) {
        self.init(forms: secrets.flatMap { redactionForms(of: $0) }, rowBudget: rowBudget)
    }

    /// - Parameter forms: the very byte strings to look for.
    package convenience init(forms: [Secret], rowBudget: Int = 512 << 10) {
        self.init(forms: forms.map { SecretForm($0) }, rowBudget: rowBudget)
    }

    init(forms: [SecretForm], rowBudget: Int = 512 << 10) {
        let patterns = PatternSet(forms)
        longest = patterns.longest
        filter = GramFilter(patterns)
        classOfByte = WipedMemory(count: 256)
        classCount = Self.assignClasses(patterns, in: classOfByte)
        nodes = WipedMemory(count: patterns.prefixCount)
        rowCount = min(nodes.count, max(1, rowBudget / (classCount * MemoryLayout<AutomatonState>.stride)))
        rows = WipedMemory(count: rowCount * classCount)
        rowEnd = AutomatonState(rows.count)
        grow(patterns)
    }

    /// The node of a state.
    func node(of state: AutomatonState) -> Node {
        nodes.start[nodeNumber(of: state)]
    }

    func nodeNumber(of state: AutomatonState) -> Int {
        let place = state & Self.stateBits
        return place < rowEnd ? Int(place) / classCount : Int(place - rowEnd) + rowCount
    }

    private static func assignClasses(_ patterns: borrowing PatternSet, in classes: borrowing WipedMemory<UInt8>) -> Int
    {
        // Line ends lead to other states than bytes that no form holds: see `lineBit`.
        classes.start[Int(UInt8.lineFeed)] = 1
        classes.start[Int(UInt8.carriageReturn)] = 2
        var count = 3
        for pattern in 0..<patterns.count {
            // The last of 256 different bytes may share class 0: there is no byte left that no form holds.
            for byte in patterns[pattern] where classes.start[Int(byte)] == 0 && count < 256 {
                classes.start[Int(byte)] = UInt8(count)
                count += 1
            }
        }
        return count
    }
}
