package import HostSystem

/// A lease and everywhere that its record stands.
package struct FoundLease {
    package var lease: Lease
    private var places: [any LeaseRecords]

    package init(_ lease: Lease, in places: [any LeaseRecords]) {
        self.lease = lease
        self.places = places
    }

    /// All leases of a session in some folders, each once: a copy is never newer than the record in the first folder.
    ///
    /// - Parameter unusable: told of what is left alone.
    /// - Throws: when the first folder is there but cannot be used.
    package static func all(
        of session: Session,
        in folders: [LeaseFolder],
        unusable: (UnusableRecord) -> Void
    ) throws(FileError) -> [FoundLease] {
        var found: [FoundLease] = []
        var damaged: [(LeaseFolder, UnusableRecord)] = []
        for (folder, entry) in try LeaseFolder.entries(in: folders, session: session.name, unusable: unusable) {
            switch entry {
            case .unusable(let record): damaged.append((folder, record))
            case .lease(let lease):
                if let index = found.firstIndex(where: { $0.lease.id == lease.id }) {
                    found[index].places.append(folder)
                } else {
                    found.append(FoundLease(lease, in: [folder]))
                }
            }
        }
        for (folder, record) in damaged {
            // Beside a good record of the same lease, as after a crash, a damaged one hides nothing and goes with it.
            if let index = found.firstIndex(where: { folder.path(of: $0.lease) == record.path }) {
                found[index].places.append(folder)
            } else {
                unusable(record)
            }
        }
        return found
    }

    /// Writes the record anew, wherever it stands and as far as that is possible.
    func save() {
        for place in places { _ = try? place.save(lease) }
    }

    /// Removes the record, and the files that the job was given.
    package func forget() {
        if let folder = lease.folder { JobFolder.remove(at: folder) }
        for place in places { place.remove(lease) }
    }

    /// Ends what the lease may hold, and forgets it when nothing is left.
    package mutating func end(by revocation: Revocation) -> Revocation.Report {
        let report = revocation.end(&lease, isPatient: true)
        if lease.isSettled { forget() } else { save() }
        return report
    }
}
