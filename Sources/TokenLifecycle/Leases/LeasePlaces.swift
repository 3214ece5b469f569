internal import CISystems
internal import HostSystem

/// Where records are kept.
package struct LeasePlaces {
    /// The CI job's own folder; nil where there is none.
    private let job: LeaseFolder?
    /// The user's, which survives the job.
    package let user: LeaseFolder

    package init(_ context: Context) {
        // A machine that crashes ends its jobs, and runners empty their folders: the user's is the one that must last.
        job = context.system.places.leases.map { LeaseFolder(path: $0, isDurable: false) }
        let environment = context.environment
        let state = environment.nonEmpty("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment.nonEmpty("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.local/state" : nil }
        // In an image without a home, a folder of this user's own still outlives the process.
        user = LeaseFolder(
            path: (state ?? home).map { $0 + "/pulumi-token" } ?? "/tmp/pulumi-token-\(context.process.user)"
        )
    }

    /// All folders in which a lease may be found, the first that counts first.
    package var all: [LeaseFolder] {
        [job, user].compactMap(\.self)
    }

    /// Where a new lease goes: the job's folder with a copy in the user's, because runners empty the first.
    package var records: any LeaseRecords {
        guard let job else { return user }
        return CopiedRecords(job, copy: user)
    }
}
