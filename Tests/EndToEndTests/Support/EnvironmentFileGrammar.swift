/// How GitHub's runner reads the files of a step.
enum EnvironmentFileGrammar {
    struct Failure: Error, Equatable {
        var line: String
    }

    /// - Throws: where the runner would fail the step, and print the line.
    static func parse(_ text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        var rest = text[...]
        func line() -> String? {
            guard !rest.isEmpty else { return nil }
            let line = rest.prefix { $0 != "\n" }
            rest = rest.dropFirst(line.count + 1)
            return String(line)
        }
        while let head = line() {
            if head.isEmpty { continue }
            let equals = head.firstIndex(of: "=")
            let arrows = head.range(of: "<<")
            if let equals, arrows.map({ equals < $0.lowerBound }) ?? true {
                values[String(head[..<equals])] = String(head[head.index(after: equals)...])
            } else if let arrows {
                let delimiter = String(head[arrows.upperBound...])
                guard arrows.lowerBound != head.startIndex, !delimiter.isEmpty else { throw Failure(line: head) }
                var lines: [String] = []
                while true {
                    guard let next = line() else { throw Failure(line: head) }
                    if next == delimiter { break }
                    lines.append(next)
                }
                values[String(head[..<arrows.lowerBound])] = lines.joined(separator: "\n")
            } else {
                throw Failure(line: head)
            }
        }
        return values
    }
}

extension String {
    /// Where a part first stands.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
