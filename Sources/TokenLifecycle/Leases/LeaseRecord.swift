internal import Secrets

/// A lease and the bytes that stand for it on the disk: lines of JSON, of which the last whole one counts.
struct LeaseRecord: Sendable {
    let lease: Lease
    let bytes: [UInt8]
    /// Where the line of the lease begins.
    let lineStart: Int

    /// A record of one line.
    init(_ lease: Lease) {
        self.init(lease, lease.encoded(), lineStart: 0)
    }

    /// What a file holds; nil when that is no record of this version.
    ///
    /// A last line that is cut, as by a crash of the machine or a full disk, is passed over: what was there before it is
    /// whole.
    init?(_ bytes: [UInt8]) {
        for line in bytes.split(separator: .lineFeed).suffix(2).reversed() {
            guard let lease = Lease(encoded: Array(line)) else { continue }
            self.init(lease, bytes, lineStart: line.startIndex)
            return
        }
        // Somebody may have set it out on several lines.
        guard let lease = Lease(encoded: bytes) else { return nil }
        self.init(lease, bytes, lineStart: 0)
    }

    private init(_ lease: Lease, _ bytes: [UInt8], lineStart: Int) {
        self.lease = lease
        self.bytes = bytes
        self.lineStart = lineStart
    }

    /// With a line behind it; nil when it would become too long.
    func followed(by new: LeaseRecord) -> LeaseRecord? {
        let line = [.lineFeed] + new.bytes
        guard bytes.count + line.count <= Lease.encodedLimit else { return nil }
        return LeaseRecord(new.lease, bytes + line, lineStart: bytes.count + 1)
    }

    /// With another line of the same length in the place of the last; nil when there is none, or nothing differs.
    ///
    /// - Returns: the record, and where the bytes are that differ.
    func changed(to new: LeaseRecord) -> (record: LeaseRecord, range: Range<Int>)? {
        let old = bytes[lineStart...]
        guard new.bytes.count == old.count else { return nil }
        let differing = new.bytes.indices.filter { new.bytes[$0] != old[lineStart + $0] }
        guard let first = differing.first, let last = differing.last else { return nil }
        let record = LeaseRecord(new.lease, bytes[..<lineStart] + new.bytes, lineStart: lineStart)
        return (record, lineStart + first..<lineStart + last + 1)
    }
}
