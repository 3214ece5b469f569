internal import Credentials
internal import HTTPTransport
package import HostSystem
internal import PulumiCloud
internal import Secrets
internal import Supervision

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The life of a server of tokens that outlives the process which has started it, as an ssh agent does.
///
/// It ends with the job, by `revoke` or the action's post step, by a signal, or when its time is up, and revokes what it
/// has minted. Killed, its guardians do.
package struct ResidentHelper: ~Copyable {
    /// What revoking may take at the end.
    private static let deadline: Duration = .seconds(120)
    private static let hurriedDeadline: Duration = .seconds(8)
    /// How long a shell may take from the end of mint to evaluating what that printed.
    private static let evaluating: Duration = .seconds(10)
    private static let heard: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM]

    /// Why it ends.
    private enum End: Equatable {
        /// Whoever has started it was gone before the job had it.
        case starterEnded
        case jobEnded
        /// The job goes on.
        case asked, told, timeIsUp
    }

    private let folder: String
    private let awaitsShell: Bool
    private let context: Context
    private let makeTransport: Context.TransportFactory
    private let end: Duration
    /// What remains of the job when the server is being ended: revoking needs no more.
    private var contents: HelperContents?
    private var pool: TokenPool?

    /// Runs in the place of a command; nil when this process is no such server.
    ///
    /// - Parameter makeTransport: called only when something is asked of the cloud.
    package static func run(_ words: [String], makeTransport: @escaping Context.TransportFactory) -> ExitCode? {
        guard words == [HelperProcess.role] else { return nil }
        guard var given = DetachedContext.take(name: "pulumi-token-hp", hearing: heard),
            let contents = HelperContents(encoded: given.contents)
        else { return .usage }
        given.forget()
        let socket = PacketSocket.listening(owning: DetachedContext.firstInherited)
        let signals = StartState.capture().signals(blocking: heard)
        let interruption = Interruption(descriptor: signals.number, clock: .system) { signals.next()?.number ?? 0 }
        do throws(Explanation) {
            var helper = try ResidentHelper(contents, interruption, makeTransport)
            helper.live(on: HelperListener(socket, clock: .system), below: &given.owner)
        } catch {
            return error.exitCode
        }
        return .done
    }

    init(
        _ contents: HelperContents,
        _ interruption: Interruption,
        _ makeTransport: @escaping Context.TransportFactory
    ) throws(Explanation) {
        var context = contents.parent.context(interruption: interruption, makeTransport)
        context.executable = "/proc/self/exe"
        (folder, awaitsShell) = (contents.folder, contents.awaitsShell)
        end = context.clock.uptime() + contents.stay
        let minter = Minter(
            context,
            parent: try contents.parent.parent(in: context),
            session: Session(named: contents.session),
            holder: .supervisor,
            run: contents.run,
            store: LeaseStore(context, in: contents.places)
        )
        pool = TokenPool(minter, contents.request)
        self.contents = contents
        self.context = context
        self.makeTransport = makeTransport
    }

    // MARK: Living

    mutating func live(on listener: HelperListener, below owner: inout OwnerLine) {
        var watch = Watch(contents?.watched, awaitsShell ? folder : nil, context.clock)
        var isOurs = false
        var question = false
        while true {
            let others = [context.interruption.descriptor, isOurs ? -1 : owner.number, watch.number]
            listener.turn(watching: others, until: min(end, watch.nextLook)) { packet in
                guard HelperQuestion(encoded: packet) == .end else { return pool?.reply(to: packet) }
                question = true
                return finish(.asked)
            }
            if question { return }
            if !isOurs {
                switch owner.next() {
                case .message(let bytes): isOurs = GuardianMessage(encoded: bytes) == .released
                case .ended: return _ = finish(.starterEnded)
                case nil: break
                }
            }
            if context.interruption.signal != nil { return _ = finish(.told) }
            if watch.hasEnded() { return _ = finish(.jobEnded) }
            if context.clock.uptime() >= end { return _ = finish(.timeIsUp) }
            pool?.revokeRetired()
        }
    }

    // MARK: Ending

    /// Revokes all that there is, and keeps nothing of what minted.
    ///
    /// - Returns: what is answered to whoever has asked for it.
    private mutating func finish(_ end: End) -> Secret {
        var context = context
        // A signal ended the minting, and does not end this.
        context.interruption = .never(clock: context.clock)
        let budget = context.budget(end == .told ? Self.hurriedDeadline : Self.deadline)
        let reports = pool.take()?.close(in: context, within: budget) ?? []
        contents = nil
        switch end {
        case .starterEnded, .jobEnded: JobFolder.remove(at: folder)
        // A variable of the job still names it.
        case .asked, .told, .timeIsUp: JobFolder.empty(at: folder)
        }
        return HelperReply.ended(revoked: reports.flatMap(\.ended).map(\.id)).encoded
    }
}

extension ResidentHelper {
    /// Sees when the job is over.
    private struct Watch: ~Copyable {
        private var process: ProcessWatch?
        private let isWatching: Bool
        /// Where a shell says its number; nil once it has, or when none does.
        private var folder: String?
        private let clock: HostClock
        private var patience: Duration?

        init(_ watched: WatchedProcess?, _ folder: String?, _ clock: HostClock) {
            isWatching = watched != nil
            process = watched.flatMap { ProcessWatch($0) }
            (self.folder, self.clock) = (folder, clock)
        }

        var number: Int32 { patience == nil ? process?.waitable() ?? -1 : -1 }

        /// The uptime at which to look again for a shell.
        var nextLook: Duration { patience == nil ? .seconds(Int64.max / 2) : clock.uptime() + .milliseconds(50) }

        mutating func hasEnded() -> Bool {
            guard isWatching, process?.isOver() != false else { return false }
            guard let folder else { return true }
            if let shell = JobFolder.sourcingShell(at: folder) {
                self.folder = nil
                patience = nil
                process = WatchedProcess(pid: shell).flatMap { ProcessWatch($0) }
                return process == nil
            }
            // What asked was there only to ask; the shell is about to evaluate what it got.
            let now = clock.uptime()
            patience = patience ?? now + ResidentHelper.evaluating
            return patience.map { now >= $0 } ?? false
        }
    }
}

extension ProcessWatch {
    fileprivate borrowing func isOver() -> Bool { hasEnded }
}
