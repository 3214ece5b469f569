internal import Secrets

extension PatternTable {
    /// Builds nodes and rows, one depth after the other.
    func grow(_ patterns: borrowing PatternSet) {
        var front = (0..<patterns.count).map { Sprout(pattern: $0, node: 0) }
        var level = 0..<1
        var depth = 0
        for index in 0..<3 { levels.start[index] = rowEnd }
        while !level.isEmpty {
            if (2...4).contains(depth), level.lowerBound < rowCount {
                levels.start[depth - 2] = state(ofNode: level.lowerBound) & Self.stateBits
            }
            let children = addChildren(of: &front, at: depth, from: level.upperBound, patterns)
            for node in level {
                if node < rowCount { fillRow(of: node) }
            }
            level = children
            depth += 1
        }
    }

    /// A pattern that has not come to its end, and the node of its prefix.
    struct Sprout {
        let pattern: Int
        var node: Int
    }

    /// Adds the nodes one byte deeper; patterns that end there leave the front.
    ///
    /// The patterns are sorted, so equal prefixes are neighbours, and the children of a node get consecutive numbers.
    private func addChildren(
        of front: inout [Sprout],
        at depth: Int,
        from first: Int,
        _ patterns: borrowing PatternSet
    ) -> Range<Int> {
        var next = first
        var previousParent = -1
        var remaining = 0
        for index in front.indices {
            var sprout = front[index]
            let label = patterns[sprout.pattern][depth]
            if sprout.node != previousParent || nodes.start[next - 1].label != label {
                addNode(next, labelled: label, under: sprout.node)
                next += 1
            }
            previousParent = sprout.node
            sprout.node = next - 1
            note(patterns.entries[sprout.pattern], at: sprout.node, length: depth + 1)
            if patterns[sprout.pattern].count > depth + 1 {
                front[remaining] = sprout
                remaining += 1
            }
        }
        front.removeSubrange(remaining...)
        return first..<next
    }

    /// Notes what the first bytes of a pattern, so many, mean for their node.
    private func note(_ pattern: PatternSet.Entry, at node: Int, length: Int) {
        if length >= pattern.shortestBeginning {
            nodes.start[node].marks.insert(.match)
            if pattern.isBreakable { nodes.start[node].marks.insert(.breakableMatch) }
        }
        if pattern.isBreakable, length < pattern.range.count { nodes.start[node].marks.insert(.breakable) }
    }

    private func addNode(_ node: Int, labelled label: UInt8, under parent: Int) {
        if nodes.start[parent].childCount == 0 { nodes.start[parent].firstChild = UInt32(node) }
        nodes.start[parent].childCount += 1
        let fail = parent == 0 ? Self.root : state(after: nodes.start[parent].fail, label) & Self.stateBits
        nodes.start[node] = Node(
            label: label,
            marks: nodes.start[nodeNumber(of: fail)].marks.inherited,
            depth: nodes.start[parent].depth + 1,
            fail: fail
        )
    }

    /// What follows a node is what follows its suffix, except where the node has a child.
    private func fillRow(of node: Int) {
        let row = rows.start + node * classCount
        if node > 0 {
            // The suffix is not as deep, and so has a row.
            row.update(from: rows.start + Int(nodes.start[node].fail), count: classCount)
        }
        let firstChild = Int(nodes.start[node].firstChild)
        for child in firstChild..<firstChild + Int(nodes.start[node].childCount) {
            row[Int(classOfByte.start[Int(nodes.start[child].label)])] = state(ofNode: child)
        }
        for byte in [UInt8.lineFeed, .carriageReturn] {
            row[Int(classOfByte.start[Int(byte)])] |= nodes.start[node].lineBit(for: byte)
        }
    }
}
