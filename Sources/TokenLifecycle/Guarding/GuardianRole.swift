internal import CISystems
internal import Credentials
package import HostSystem
internal import PulumiCloud
internal import Secrets
internal import Supervision

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The life of a guardian, as the hidden word on the command line begins it.
package struct GuardianRole {
    /// How long a command may take to end after it was asked to.
    private static let patience: Duration = .seconds(3)
    /// What revoking may take when nobody is in a hurry: the certainty of a lost reply comes first.
    private static let deadline: Duration = .seconds(120)
    private static let hurriedDeadline: Duration = .seconds(8)

    private let contents: GuardianContents
    private let context: Context

    /// Runs in the place of a command; nil when this process is not a guardian.
    ///
    /// - Parameter makeTransport: called only when something is to be revoked.
    package static func run(_ words: [String], makeTransport: @escaping Context.TransportFactory) -> ExitCode? {
        guard words == [Guardian.role] else { return nil }
        guard var given = DetachedContext.take(name: "pulumi-token-gd", hearing: heard),
            let contents = GuardianContents(encoded: given.contents)
        else { return .usage }
        let role = GuardianRole(contents, makeTransport)
        role.live(with: &given)
        return .done
    }

    private static let heard: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM]

    private init(_ contents: GuardianContents, _ makeTransport: @escaping Context.TransportFactory) {
        self.contents = contents
        context = contents.parent.context(makeTransport)
    }

    private func live(with given: inout DetachedContext) {
        let signals = context.start.signals(blocking: Self.heard)
        var guardian = GuardianProcess(contents.lease, text: contents.text)
        var groups: [CommandGroup] = []
        var watch: ProcessWatch?
        var knowsShell = false
        while true {
            var action = GuardianProcess.Action.wait
            for event in events(from: &given, signals, watch, groups, guardian) {
                if event == .watchedEnded, !knowsShell, let shell = shell(of: guardian.lease) {
                    knowsShell = true
                    // What asked for the token was only there to ask; the shell has said its own number.
                    watch = ProcessWatch(shell)
                    guard watch == nil else { continue }
                }
                if case .message(.command(let process)) = event { groups += [CommandGroup(process)].compactMap(\.self) }
                if case .message(.releasedTo(let process)) = event { watch = ProcessWatch(process) }
                action = guardian.take(event)
                if case .guarding = guardian.state, watch == nil { action = guardian.take(.watchedEnded) }
                if action != .wait { break }
            }
            switch action {
            case .wait: continue
            case .leave: return
            case .endCommand:
                end(groups)
                return revoke(guardian, isRecovery: true)
            case .revoke: return revoke(guardian, isRecovery: watch == nil)
            }
        }
    }

    /// Waits, and tells what has happened.
    private func events(
        from given: inout DetachedContext,
        _ signals: SignalDescriptor,
        _ watch: borrowing ProcessWatch?,
        _ groups: [CommandGroup],
        _ guardian: GuardianProcess
    ) -> [GuardianProcess.Event] {
        var watched = [
            pollfd(fd: given.owner.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: number(of: watch), events: Int16(POLLIN), revents: 0),
        ]
        watched += groups.map { pollfd(fd: $0.awaited, events: Int16(POLLIN), revents: 0) }
        if case .guarding = guardian.state { watched[0].fd = -1 }
        let left = guardian.lease.secondsLeft(at: context.clock.unixTime())
        var wait = max(0, left) * 1000 + 1000
        if case .guarding = guardian.state { wait = min(wait, Self.lookAround) }
        if groups.contains(where: \.isAboutToGo) { wait = min(wait, 10) }
        let count = poll(&watched, nfds_t(watched.count), Int32(clamping: wait))
        for group in groups { group.noteEnd() }
        if count == 0, guardian.lease.lastExpiry > 0, left <= 0 { return [.expired] }
        // Somebody has revoked it, and closed the record.
        if case .guarding = guardian.state, count == 0, isClosed(guardian.lease) { return [.expired] }
        var events: [GuardianProcess.Event] = []
        if watched[1].revents != 0 {
            while signals.next() != nil {}
            events.append(.told)
        }
        if watched[0].revents != 0 { events += messages(from: &given) }
        if watched[2].revents != 0 {
            let isGuarding = if case .guarding = guardian.state { true } else { false }
            events.append(isGuarding && isClosed(guardian.lease) ? .expired : .watchedEnded)
        }
        return events
    }

    private func number(of watch: borrowing ProcessWatch?) -> Int32 {
        watch?.waitable() ?? -1
    }

    private func messages(from given: inout DetachedContext) -> [GuardianProcess.Event] {
        var events: [GuardianProcess.Event] = []
        while let event = given.owner.next() {
            switch event {
            case .message(let bytes):
                if let message = GuardianMessage(encoded: bytes) { events.append(.message(message)) }
            case .ended: return events + [.ownerEnded]
            }
        }
        return events
    }

    /// Milliseconds between two looks at the record of a token that is a job's.
    private static let lookAround: Int64 = 30_000
    /// How long a shell may take from the end of mint to sourcing what that printed.
    private static let sourcing: Duration = .seconds(10)

    private func isClosed(_ lease: Lease) -> Bool {
        !contents.places.isEmpty && contents.places.allSatisfy { $0.current(lease) == nil }
    }

    /// The shell that has sourced the script, or is about to; nil when none does.
    private func shell(of lease: Lease) -> WatchedProcess? {
        guard let folder = lease.folder else { return nil }
        let end = context.clock.uptime() + Self.sourcing
        while JobFolder.hasScript(at: folder), context.clock.uptime() < end { HostClock.pause(for: .milliseconds(50)) }
        return JobFolder.sourcingShell(at: folder).flatMap(WatchedProcess.init(pid:))
    }

    // MARK: Acting

    /// Asks the commands to end, and ends them, each as long as it is provably the command.
    private func end(_ groups: [CommandGroup]) {
        let now = ProcessClock.now()
        let asked = groups.filter { $0.send(SIGTERM, now) }
        let end = context.clock.uptime() + Self.patience
        while asked.contains(where: { $0.isThere(now) }), context.clock.uptime() < end {
            HostClock.pause(for: .milliseconds(50))
        }
        for command in asked { _ = command.send(SIGKILL, now) }
    }

    private func revoke(_ guardian: GuardianProcess, isRecovery: Bool) {
        let length = guardian.isHurried ? Self.hurriedDeadline : max(Self.deadline, contents.parent.options.deadline)
        let budget = context.budget(length)
        var stored = StoredLease(guardian.lease, in: contents.places, isCertain: true)
        stored.value = guardian.value
        // A credential that cannot be exchanged anew may still be valid as it was.
        for isFallback in [false, true] {
            guard let parent = try? contents.parent.parent(isFallback: isFallback, in: context) else {
                continue
            }
            var revoker = Revoker(parent, in: context, within: isFallback ? context.budget(length) : budget)
            revoker.isRecovery = isRecovery
            guard (try? revoker.revoke([stored], isPatient: true)) == nil, contents.parent.exchanges else { break }
        }
        if let folder = guardian.lease.folder { JobFolder.remove(at: folder) }
        if let helper = guardian.lease.helper { JobFolder.removeOfDeadHelper(at: helper) }
    }
}

/// A command of the owner: no array holds what cannot be copied.
private final class CommandGroup {
    private let group: ProcessGroup
    /// When its leader was gone, by `ProcessClock`: from then on, the number may become another group's.
    private var end: UInt64?
    /// Whether that is to be looked at again soon.
    private(set) var isAboutToGo = false

    init?(_ process: WatchedProcess) {
        guard let group = ProcessGroup(ledBy: process) else { return nil }
        self.group = group
    }

    /// Readable when `noteEnd` has something to note; -1 when no such thing comes.
    var awaited: Int32 { end == nil && !isAboutToGo ? group.leaderDescriptor : -1 }

    func noteEnd() {
        guard end == nil else { return }
        let state = group.leaderState
        isAboutToGo = state == .unasked
        if state == .gone { end = ProcessClock.now() }
    }

    func isThere(_ now: UInt64) -> Bool { group.isThere(since: end ?? now) }

    func send(_ signal: Int32, _ now: UInt64) -> Bool { group.send(signal, since: end ?? now) }
}

extension ProcessWatch {
    /// A method, since the property of an optional watch would consume it.
    borrowing func waitable() -> Int32 { number }
}
