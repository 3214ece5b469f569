package import HostSystem

/// Where a lease is kept for whoever ends it.
package protocol LeaseRecords {
    /// Returns when the record survives the end of this process, however sudden; the one before it, if any, is replaced
    /// as a whole.
    func save(_ lease: Lease) throws(FileError)
    /// Forgets a lease of which nothing is left.
    func remove(_ lease: Lease)
    /// What the first save would replace, and its path; nil when that is nothing.
    func occupant() throws(FileError) -> (path: String, entry: LeaseFolder.Entry)?
}

extension LeaseRecords {
    /// Nothing, where each lease has a place of its own.
    package func occupant() throws(FileError) -> (path: String, entry: LeaseFolder.Entry)? { nil }
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
