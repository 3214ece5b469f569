internal import Secrets

extension PatternTable {
    /// Where this table stands when another one has read the beginning of a form.
    func state(like state: AutomatonState, of other: PatternTable) -> AutomatonState {
        other.withPrefix(of: state) { prefix in
            prefix.reduce(Self.root) { self.state(after: $0, $1) & Self.stateBits }
        }
    }

    /// Lends the beginning of a form that a state stands for.
    func withPrefix<Result>(of state: AutomatonState, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var node = nodeNumber(of: state)
        let depth = Int(nodes.start[node].depth)
        let prefix = WipedMemory<UInt8>(count: depth)
        var parent = node
        for place in (0..<depth).reversed() {
            prefix.start[place] = nodes.start[node].label
            // Parents stand before their children, and in the same order.
            repeat { parent -= 1 } while !children(of: parent).contains(node)
            node = parent
        }
        return body(UnsafeBufferPointer(start: prefix.start, count: depth))
    }

    private func children(of node: Int) -> Range<Int> {
        let first = Int(nodes.start[node].firstChild)
        return first..<first + Int(nodes.start[node].childCount)
    }
}
