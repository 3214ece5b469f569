package import CISystems
package import HostSystem
package import PulumiCloud
internal import Supervision

/// Where leases are kept: makes, finds and judges them.
package struct LeaseStore: Sendable {
    /// What is in a place.
    package enum Entry: Equatable, Sendable {
        case lease(Lease)
        /// Not ours to touch.
        case unusable(UnusableRecord)
    }

    /// Everything that was found.
    package struct FoundLeases: Sendable {
        package var leases: [StoredLease] = []
        package var unusable: [UnusableRecord] = []
        /// Where each lease stands among them.
        fileprivate var positions: [Nonce: Int] = [:]

        package init() {}
    }

    /// Where a new record goes; the first must work, the others are copies.
    private let places: [LeasePlace]
    /// Where records may be found, the one that counts first.
    let searched: [LeasePlace]
    let context: Context

    /// - Parameter searched: where records are found, if that is elsewhere.
    init(_ context: Context, in places: [LeasePlace], searching searched: [LeasePlace]? = nil) {
        self.context = context
        self.places = places
        self.searched = searched ?? places
    }

    /// - Parameters:
    ///   - path: a file that the user chose for the record.
    ///   - state: the state file of a GitHub action.
    package init(_ context: Context, path: String? = nil, state: EnvironmentFile? = nil) {
        let user = LeasePlace.directory(Self.userDirectory(context), isDurable: true)
        // A machine that crashes ends its jobs, and runners empty their directories: the user's is the one that must last.
        let job = context.system.places.leases.map { LeasePlace.directory($0, isDurable: false) }
        let usual = [job, user].compactMap(\.self)
        if let path {
            self.init(context, in: [.file(path)])
        } else {
            self.init(context, in: state.map { [.state($0, context.random), user] } ?? usual, searching: usual)
        }
    }

    /// The user's directory, which survives the job.
    private static func userDirectory(_ context: Context) -> String {
        let environment = context.environment
        let state = environment.nonEmpty("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment.nonEmpty("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.local/state" : nil }
        // In an image without a home, a directory of this user's own still outlives the process.
        return (state ?? home).map { $0 + "/pulumi-token" } ?? "/tmp/pulumi-token-\(context.process.user)"
    }

    /// The place that counts, for people.
    package var path: String {
        switch searched.first {
        case .directory(let path, _), .file(let path): path
        case .state, nil: ""
        }
    }

    /// Whether the place is a file that the user chose.
    package var isFile: Bool {
        if case .file = searched.first { true } else { false }
    }

    // MARK: Making

    /// Puts a new lease on the disk, with its owner's lock.
    ///
    /// - Throws: when the first place cannot be written, or something is there already; then nothing is left of it.
    func create(_ lease: Lease) throws(Explanation) -> HeldLease {
        let liveness = Liveness.take(for: lease, in: places)
        let record = LeaseRecord(lease)
        for (index, place) in places.enumerated() {
            do throws(FileError) {
                try place.create(record)
            } catch {
                guard index == 0 else { continue }
                // It may be there, and only not known to be on the disk.
                var stored = StoredLease(lease, in: [place], isCertain: false)
                stored.forget(at: context.clock.unixTime())
                Liveness.remove(of: lease, in: places)
                throw taken(error) ?? Explanation(unwritableLease: error)
            }
        }
        return HeldLease(StoredLease(record, in: places), liveness)
    }

    private func taken(_ error: FileError) -> Explanation? {
        guard error.isTaken, case .file(let path) = places.first else { return nil }
        let found = try? leases(of: nil)
        return found?.leases.isEmpty == false ? .leaseTaken(path: path) : .notALease(path: path)
    }

    /// The lease that the post step has from the runner's own state.
    package func adopt(_ lease: Lease) -> StoredLease {
        StoredLease(lease, in: searched.suffix(1), isCertain: true)
    }

    // MARK: Finding

    /// The leases of the sessions for which a step of this job speaks: after all stages of a build, those of each stage.
    package func leasesOfThisJob() throws(FileError) -> FoundLeases {
        var found = try leases(of: nil)
        found.leases.removeAll { !context.system.covers(session: $0.lease.session) }
        return found
    }

    /// The leases of a session, or of all, each once: a copy is never newer than the record in the first place.
    ///
    /// - Throws: when the first place is there but cannot be used.
    package func leases(of session: Session?) throws(FileError) -> FoundLeases {
        var found = FoundLeases()
        var damaged: [(LeasePlace, UnusableRecord)] = []
        for (index, place) in searched.enumerated() {
            let entries: [Entry]
            do throws(FileError) {
                entries = try place.entries(session: session?.name)
            } catch {
                guard index > 0 else { throw error }
                found.unusable.append(.copies(error))
                continue
            }
            for entry in entries {
                switch entry {
                case .unusable(let record): damaged.append((place, record))
                case .lease(let lease): found.add(lease, in: place)
                }
            }
        }
        for (place, record) in damaged {
            // Beside a good record of the same lease, as after a crash, a damaged one hides nothing.
            if let index = found.leases.firstIndex(where: { place.path(of: $0.lease) == record.path }) {
                found.leases[index].add(place)
            } else {
                found.unusable.append(record)
            }
        }
        return found
    }

    // MARK: Judging

    /// What is known of a lease without asking the cloud.
    package func state(of stored: StoredLease, in cloud: CloudURL) -> LeaseState {
        let lease = stored.lease
        if lease.hasExpired(at: context.clock.unixTime(), margin: LeaseState.clockMargin) { return .expired }
        guard lease.cloud == cloud.text else { return .foreign }
        return stateOfOwner(stored)
    }

    private func stateOfOwner(_ stored: StoredLease) -> LeaseState {
        guard stored.lease.isHalfDone else { return isJobOver(stored) ? .abandoned : .living }
        switch stored.lease.owner.isOver(seenFrom: context.process, liveness: stored.liveness) {
        case true: return .abandoned
        case false: return .living
        case nil: return .unknown
        }
    }

    /// Whether the job that has the token is known to be over; where nobody knows, it is not.
    private func isJobOver(_ stored: StoredLease) -> Bool {
        let lease = stored.lease
        guard !lease.outlivesJob else { return false }
        if isOfEarlierJobHere(stored) { return true }
        guard lease.owner.countsProcesses(like: context.process) else { return false }
        if lease.job != nil { return hasLostJob(lease) }
        // The number alone may be another process's by now, which is no reason to revoke anything.
        guard let folder = lease.folder, let shell = JobFolder.sourcingShell(at: folder) else { return false }
        return ProcessIdentity.presence(of: shell) == .gone
    }

    /// Whether the process that stood for the job is known to be gone.
    private func hasLostJob(_ lease: Lease) -> Bool {
        guard let job = lease.job, lease.owner.countsProcesses(like: context.process) else { return false }
        return ProcessIdentity.presence(of: job.pid).isOver(startedAt: job.startTime)
    }

    /// Takes those out that an earlier job of the same name has left to others: on one runner, the jobs of a matrix come one
    /// after the other.
    package func takeLeftToOthers(from found: inout FoundLeases) -> [Lease] {
        let isLeft = { (stored: StoredLease) in stored.lease.outlivesJob && hasLostJob(stored.lease) }
        let left = found.leases.filter(isLeft).map(\.lease)
        found.leases.removeAll(where: isLeft)
        return left
    }

    /// Whether this job runs where the job of that lease ran, in a place in which only one runs at a time.
    private func isOfEarlierJobHere(_ stored: StoredLease) -> Bool {
        let lease = stored.lease, system = context.system
        guard let slot = system.slot, lease.slot == slot, let machine = context.process.machine,
            lease.owner.machine == machine, let session = system.sessionID, lease.session != session,
            let place = system.places.leases
        else { return false }
        return stored.isIn(place)
    }

    /// The leases, of whatever cloud, of which it cannot be told from here whether their process is over.
    package func unjudged(_ found: FoundLeases) -> [Lease] {
        let now = context.clock.unixTime()
        return found.leases.filter { stored in
            !stored.lease.isOver(at: now) && stateOfOwner(stored) == .unknown
        }
        .map(\.lease)
    }

    /// What a user runs who knows that the process of a lease is over.
    package func command(revoking lease: Lease) -> String {
        "pulumi-token revoke " + (isFile ? "--lease \(path)" : "--session '\(lease.session)'")
    }
}

extension LeaseStore.FoundLeases {
    fileprivate mutating func add(_ lease: Lease, in place: LeasePlace) {
        if let index = positions[lease.id] {
            leases[index].add(place)
        } else {
            positions[lease.id] = leases.count
            leases.append(StoredLease(lease, in: [place], isCertain: false))
        }
    }
}

extension Lease {
    /// A mint that never reached its export, or a command that its supervisor should have outlived.
    package var isHalfDone: Bool { !isExported || holder == .supervisor }
}
