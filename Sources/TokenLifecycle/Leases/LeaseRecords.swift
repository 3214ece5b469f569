internal import FoundationEssentials
package import HostSystem

/// Where a lease is kept for whoever ends it.
package protocol LeaseRecords {
    /// Returns when the record survives the end of this process, however sudden; the one before it, if any, is replaced
    /// as a whole.
    func save(_ lease: Lease) throws(FileError)
    /// Forgets a lease of which nothing is left.
    func remove(_ lease: Lease)
}

extension Lease {
    /// The largest record that is read, in bytes.
    package static let encodedLimit = 1 << 16

    /// One line of JSON.
    package func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every member is a string, a number or a list of such: encoding cannot fail.
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// nil for anything that is not a record of this version.
    package init?(encoded: some Sequence<UInt8>) {
        guard let lease = try? JSONDecoder().decode(Lease.self, from: Data(encoded)),
            lease.version == Self.currentVersion
        else { return nil }
        self = lease
    }
}

/// Records that live in two places: one that must work, and a copy for the case that the first is emptied.
package struct CopiedRecords: LeaseRecords {
    private let first: any LeaseRecords
    private let copy: (any LeaseRecords)?

    package init(_ first: any LeaseRecords, copy: (any LeaseRecords)?) {
        self.first = first
        self.copy = copy
    }

    package func save(_ lease: Lease) throws(FileError) {
        try first.save(lease)
        // A read-only home is usual in containers, and the first place is enough for the job itself.
        do throws(FileError) { try copy?.save(lease) } catch { return }
    }

    package func remove(_ lease: Lease) {
        first.remove(lease)
        copy?.remove(lease)
    }
}
