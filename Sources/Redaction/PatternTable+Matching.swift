internal import Secrets

extension PatternTable {
    /// Reads text until a match ends, a line is about to end in the middle of a form that may be broken, or the text
    /// ends.
    ///
    /// - Parameter position: where to begin; afterwards, where it stopped.
    /// - Returns: the state there, with `matchBit` when a match ends there.
    func read(
        _ text: UnsafeRawBufferPointer,
        from position: inout Int,
        in state: AutomatonState
    ) -> AutomatonState {
        guard let start = text.baseAddress, longest > 0 else {
            position = text.count
            return Self.root
        }
        let count = text.count
        var (place, state) = (position, state)
        var previous = state
        // From where on the filter is asked; it has nothing to say about the first bytes.
        var unasked = filter.step == 0 ? Int.max : place
        let deep = levels.start[2]
        while place < count {
            // Of a few characters, the filter can still say that no form goes on behind them.
            if state < deep, place >= unasked {
                let begin = place &- shallowDepth(of: state)
                let suspect = begin < 0 ? begin : filter.firstSuspect(in: start, count: count, from: begin)
                if suspect >= place { (place, state) = (suspect, Self.root) }
                guard place < count else { break }
                unasked = place &+ 1
            }
            let byte = start.load(fromByteOffset: place, as: UInt8.self)
            place &+= 1
            previous = state
            state = self.state(after: state, byte)
            if state >= Self.lineBit { break }
        }
        if state & Self.lineBit != 0 { (place, state) = (place - 1, previous) }
        if state >= Self.matchBit { skipGrowth(of: &state, in: text, from: &place) }
        position = place
        return state
    }

    /// The depth of a state before the first of depth 4.
    @inline(__always)
    private func shallowDepth(of state: AutomatonState) -> Int {
        guard state != Self.root else { return 0 }
        return state < levels.start[0] ? 1 : state < levels.start[1] ? 2 : 3
    }

    /// Goes on to the longest match that begins where this one does, if each byte makes one: so the beginning of a form
    /// that is hidden does not stop us again and again.
    private func skipGrowth(of state: inout AutomatonState, in text: UnsafeRawBufferPointer, from place: inout Int) {
        var node = nodeNumber(of: state)
        var length = longest(.match, at: node)
        while place < text.count {
            // The root, where there is no child: no match ends there.
            let child = Int(nodes.start[node].firstChild)
            guard nodes.start[child].label == text[place], !text[place].isLineEnd else { break }
            guard longest(.match, at: child) == length + 1 else { break }
            node = child
            length += 1
            place += 1
        }
        state = self.state(ofNode: node)
    }

    /// The state of a node, with `matchBit` when a form ends in it.
    func state(ofNode node: Int) -> AutomatonState {
        let place = node < rowCount ? UInt32(node * classCount) : rowEnd + UInt32(node - rowCount)
        return nodes.start[node].marks.holds(.match) ? place | Self.matchBit : place
    }

    /// One step, from any state without `matchBit`; with `lineBit` when a line ends in a form that may be broken.
    @inline(__always)
    func state(after state: AutomatonState, _ byte: UInt8) -> AutomatonState {
        if state >= rowEnd {
            let node = Int(state &- rowEnd) &+ rowCount
            let child = Int(nodes.start[node].firstChild)
            // Its children have no rows either. A leaf's would be the root.
            if nodes.start[child].label == byte, child != 0, !byte.isLineEnd {
                let place = rowEnd &+ UInt32(truncatingIfNeeded: child &- rowCount)
                return nodes.start[child].marks.holds(.match) ? place | Self.matchBit : place
            }
            return self.state(afterSurpriseIn: nodes.start[node], byte)
        }
        return rows.start[Int(state &+ UInt32(classOfByte.start[Int(byte)]))]
    }

    /// The step from a node without a row, when the byte is not that of its first child.
    @inline(never)
    private func state(afterSurpriseIn node: Node, _ byte: UInt8) -> AutomatonState {
        var node = node
        var lineBit = node.lineBit(for: byte)
        while true {
            let firstChild = Int(node.firstChild)
            for child in firstChild..<firstChild + Int(node.childCount) where nodes.start[child].label == byte {
                return self.state(ofNode: child) | lineBit
            }
            // As many as a form that repeats itself is long: too many for a stack.
            guard node.fail >= rowEnd else { return state(after: node.fail, byte) | lineBit }
            node = nodes.start[Int(node.fail &- rowEnd) &+ rowCount]
            lineBit |= node.lineBit(for: byte)
        }
    }
}

extension PatternTable.Node {
    /// What is set in the state that follows this one by a byte.
    func lineBit(for byte: UInt8) -> AutomatonState {
        byte.isLineEnd && marks.holds(.breakable) ? PatternTable.lineBit : 0
    }
}
