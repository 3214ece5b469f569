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
        var marks: Marks = []
        var childCount: UInt16 = 0
        /// The node of the first child; 0 for none.
        var firstChild: UInt32 = 0
        /// The length of the prefix.
        var depth: UInt32 = 0
        /// The state of the longest proper suffix that is a prefix too.
        var fail: AutomatonState = 0
    }

    /// What a prefix is, and what its proper suffixes are.
    struct Marks: OptionSet, BitwiseCopyable {
        let rawValue: UInt8

        /// The whole of a form, or a beginning that is hidden too.
        static let match = Marks(rawValue: 1)
        /// The same of a form that may be broken.
        static let breakableMatch = Marks(rawValue: 2)
        /// A form that may be broken goes on.
        static let breakable = Marks(rawValue: 4)
        /// All of these.
        static let own = Marks(rawValue: 7)

        /// The same marks, of a suffix.
        var ofSuffix: Marks { Marks(rawValue: rawValue << 3) }

        /// What the nodes inherit of which this is the longest suffix.
        var inherited: Marks { Marks(rawValue: (rawValue & 7 | rawValue >> 3) << 3) }

        func holds(_ mark: Marks) -> Bool { !isDisjoint(with: mark.union(mark.ofSuffix)) }
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
    /// The first states of the depths 2, 3 and 4; `rowEnd` where there is none with a row.
    let levels = WipedMemory<AutomatonState>(count: 3)

    /// - Parameter rowBudget: how many bytes the rows may take. The nodes take 16 bytes for each byte of a form.
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

    /// Whether bytes of class 0 are in no form: not so when all 256 are in some.
    var hasSpareClass: Bool { classCount < 256 }

    /// How many bytes at the end of the text are the beginning of a form.
    func depth(of state: AutomatonState) -> Int { Int(nodes.start[nodeNumber(of: state)].depth) }

    /// The last byte of the beginning of a form that a state stands for; 0 where there is none.
    func lastByte(of state: AutomatonState) -> UInt8 { nodes.start[nodeNumber(of: state)].label }

    /// The state of the longest suffix, the whole included, from which a form goes on and which is not over a limit.
    func openState(_ state: AutomatonState, notDeeperThan limit: Int = .max) -> AutomatonState {
        var state = state
        while true {
            let node = nodes.start[nodeNumber(of: state)]
            guard node.depth > limit || (node.childCount == 0 && node.depth > 0) else { return state }
            state = node.fail
        }
    }

    /// The length of the longest prefix of a kind that the text ends in; 0 when there is none.
    func longest(_ mark: Marks, in state: AutomatonState) -> Int {
        longest(mark, at: nodeNumber(of: state))
    }

    func longest(_ mark: Marks, at node: Int) -> Int {
        var node = nodes.start[node]
        while !node.marks.contains(mark) {
            guard node.marks.contains(mark.ofSuffix) else { return 0 }
            node = nodes.start[nodeNumber(of: node.fail)]
        }
        return Int(node.depth)
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
