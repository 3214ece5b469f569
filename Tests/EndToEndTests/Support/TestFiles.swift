import FoundationEssentials
import TestProcesses
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Files at absolute paths.
enum TestFiles {
    static func text(_ path: String) -> String? { contents(of: path) }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, &bytes, bytes.count)
        close(descriptor)
    }
}

extension String {
    /// What stands between two marks; "" when they are not there.
    func components(between start: String, and end: String) -> String {
        guard let first = ranges(of: start).first else { return "" }
        let rest = self[first.upperBound...]
        return rest.ranges(of: end).first.map { String(rest[..<$0.lowerBound]) } ?? ""
    }
}

func base64(of text: String) -> String { Data(text.utf8).base64EncodedString() }

func hexadecimal(of text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension RunnerLog {
    /// A line that a later step prints does not show the secret.
    func expectMasked(_ line: String, hiding secret: String, sourceLocation: SourceLocation = #_sourceLocation) {
        var log = self
        log.take(line)
        let shown = log.shown.dropFirst(self.shown.count)
        #expect(leaks(of: secret, in: String(shown)) == [], sourceLocation: sourceLocation)
    }
}
