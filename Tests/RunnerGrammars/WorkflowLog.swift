import Glibc
import _StringProcessing

/// What a runner makes of a step's output.
package struct WorkflowLog: Equatable {
    /// The texts that it hides from now on.
    package var masks: Set<String> = []
    /// The commands that it obeys, other than masks.
    package var commands: [Command] = []
    /// The lines that it shows as they are.
    package var printed: [String] = []

    package struct Command: Equatable {
        package var name: String
        package var data: String

        package init(name: String, data: String) {
            (self.name, self.data) = (name, data)
        }
    }

    package init(masks: Set<String> = [], commands: [Command] = [], printed: [String] = []) {
        (self.masks, self.commands, self.printed) = (masks, commands, printed)
    }

    /// The names that are commands to GitHub's runner.
    package static let names: Set = [
        "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
        "remove-matcher",
        "save-state", "set-env", "set-output", "stop-commands", "warning",
    ]
}

extension String {
    /// Replaces a part wherever its bytes stand.
    package func replacing(_ part: String, by other: String) -> String {
        var bytes = Array(utf8)
        bytes.replace(Array(part.utf8), by: Array(other.utf8))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The groups of a match of the whole text, none for a group that took no part in it.
    package func groups(of pattern: String) -> [String?]? {
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return nil }
        return wholeMatch(of: regex).map { match in match.output.dropFirst().map { $0.substring.map { String($0) } } }
    }

    /// The pieces between these scalars.
    package func lines(endingAt isEnd: (Unicode.Scalar) -> Bool) -> [String] {
        unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: isEnd).map { String($0) }
    }
}

extension [UInt8] {
    /// Replaces a part wherever it stands; an empty one stands nowhere.
    mutating func replace(_ part: [UInt8], by other: [UInt8]) {
        guard !part.isEmpty else { return }
        var start = 0
        while let place = place(of: part, from: start) {
            replaceSubrange(place..<place + part.count, with: other)
            start = place + other.count
        }
    }

    private func place(of part: [UInt8], from start: Int) -> Int? {
        guard count - start >= part.count else { return nil }
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var start = start
            while let hit = memchr(base + start, Int32(part[0]), Swift.max(0, count - part.count + 1 - start)) {
                start = UnsafeRawPointer(hit) - base
                if memcmp(hit, part, part.count) == 0 { return start }
                start += 1
            }
            return nil
        }
    }
}
