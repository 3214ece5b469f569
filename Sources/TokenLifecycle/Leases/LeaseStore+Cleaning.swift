internal import CISystems
internal import HostSystem

extension LeaseStore {
    /// How old what a dead process has left while it worked must be, in seconds.
    private static let day: Int64 = 86400
    /// How long a file that is not a record of this version is kept, in seconds: it may be one of a later version.
    private static let month: Int64 = 30 * day

    /// Removes what is of use to nobody: files of killed processes, records that cannot be read, scripts that no shell
    /// has sourced.
    ///
    /// A file that the user chose is left alone, whatever is in it.
    func clean(_ unusable: [UnusableRecord]) {
        let now = context.clock.unixTime()
        for case .directory(let path, _) in searched {
            guard let folder = try? PrivateFolder.open(at: path) else { continue }
            // Listed once: what is made meanwhile is not old enough to be meant.
            let names = (try? folder.names()) ?? []
            folder.removeUnfinished(before: now - Self.day, among: names)
            Liveness.removeForgotten(in: folder, among: names, before: now - Self.day)
            folder.remove(untouchedSince: now - Self.month, among: names) { name in
                unusable.contains { $0.path == folder.file(name) }
            }
        }
        for parent in context.system.places.temporary {
            JobFolder.removeForgotten(in: parent, before: now - Self.day)
        }
    }
}
