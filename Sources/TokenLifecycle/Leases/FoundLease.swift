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
    /// - Parameter foreign: told of what is no record of ours, which is left alone.
    /// - Throws: when a folder that is there cannot be used.
    package static func all(
        of session: Session,
        in folders: [LeaseFolder],
        foreign: (_ path: String, _ reason: String) -> Void
    ) throws(FileError) -> [FoundLease] {
        var found: [FoundLease] = []
        for folder in folders {
            for entry in try folder.entries(session: session.name) {
                switch entry {
                case .foreign(let path, let reason): foreign(path, reason)
                case .lease(let lease):
                    if let index = found.firstIndex(where: { $0.lease.id == lease.id }) {
                        found[index].places.append(folder)
                    } else {
                        found.append(FoundLease(lease, in: [folder]))
                    }
                }
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
