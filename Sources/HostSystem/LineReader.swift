internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The lines of a file or a pipe, one after the other: no more than one of them is in memory, and none that is too long.
package struct LineReader: ~Copyable {
    package enum Line: Equatable, Sendable {
        /// Without its line feed.
        case text([UInt8])
        case tooLong
        /// A signal asks to stop; nothing more is read.
        case interrupted
    }

    private let file: Descriptor
    private let path: String
    private let longest: Int
    private let interruption: Interruption
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    /// What of the chunk has not been looked at.
    private var rest = 0..<0

    /// - Parameters:
    ///   - path: of the file, for messages.
    ///   - longest: in bytes; what is longer is passed over.
    package init(_ file: consuming Descriptor, path: String, longest: Int, interruption: Interruption) {
        self.file = file
        self.path = path
        self.longest = longest
        self.interruption = interruption
    }

    /// nil at the end; a last line need not end in a line feed.
    package mutating func next() throws(FileError) -> Line? {
        var line: [UInt8] = []
        var hasBegun = false
        var isTooLong = false
        while true {
            if rest.isEmpty {
                guard try waitUntilReadable() else { return .interrupted }
                guard let isThere = try fill() else { continue }
                guard isThere else { break }
            }
            hasBegun = true
            let end = chunk[rest].firstIndex(of: .lineFeed)
            let part = rest.lowerBound..<(end ?? rest.upperBound)
            rest = (end.map { $0 + 1 } ?? rest.upperBound)..<rest.upperBound
            isTooLong = isTooLong || line.count + part.count > longest
            if isTooLong { line = [] } else { line += chunk[part] }
            if end != nil { break }
        }
        guard hasBegun else { return nil }
        return isTooLong ? .tooLong : .text(line)
    }

    /// A pipe may have nothing for a long time; false when a signal asks to stop.
    private func waitUntilReadable() throws(FileError) -> Bool {
        while interruption.signal == nil {
            var watched = [file.number, interruption.descriptor].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&watched, 2, -1) > 0 else {
                guard errno == EINTR else { throw .last(.read, path) }
                continue
            }
            if watched[0].revents != 0 { return true }
        }
        return false
    }

    /// False at the end; nil when nothing is there, which may be so although there was something a moment ago.
    private mutating func fill() throws(FileError) -> Bool? {
        let count = read(file.number, &chunk, chunk.count)
        guard count >= 0 else {
            guard errno == EINTR || errno == EAGAIN else { throw .last(.read, path) }
            return nil
        }
        rest = 0..<count
        return count > 0
    }
}
