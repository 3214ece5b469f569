internal import Secrets
internal import Supervision

/// What a guardian has been told and seen, and what follows: no clock, no process, no request.
struct GuardianProcess: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// The owner is at work.
        case owned
        /// The owner has handed the token to a job, and it has to go when this process ends.
        case guarding(WatchedProcess)
        case done
    }

    enum Event: Equatable, Sendable {
        case message(GuardianMessage)
        case ownerEnded
        case watchedEnded
        /// SIGTERM and its like.
        case told
        /// All tokens have expired.
        case expired
    }

    enum Action: Equatable, Sendable {
        case wait
        /// Ask the command to end, then revoke.
        case endCommand(WatchedProcess)
        case revoke
        case leave
    }

    private(set) var lease: Lease
    private(set) var state = State.owned
    private(set) var command: WatchedProcess?
    /// The token itself, where the owner has it.
    private(set) var value: Secret?
    /// Somebody is in a hurry: what is to be done is done without patience.
    private(set) var isHurried = false

    /// The text before the tag of each of its tokens: too long for a message.
    private let text: String

    init(_ lease: Lease, text: String) {
        self.lease = lease
        self.text = text
    }

    mutating func take(_ event: Event) -> Action {
        guard state != .done else { return .leave }
        switch event {
        case .message(let message): return take(message)
        case .told:
            // "Hurry", never "die": the sender may mean the whole group, and its owner's end comes next.
            isHurried = true
            return .wait
        case .ownerEnded:
            guard state == .owned else { return .wait }
            state = .done
            guard !lease.isSettled else { return .leave }
            return command.map { .endCommand($0) } ?? .revoke
        case .watchedEnded:
            state = .done
            return .revoke
        case .expired:
            state = .done
            return .leave
        }
    }

    private mutating func take(_ message: GuardianMessage) -> Action {
        switch message {
        case .change(.minted(var token, let nonce)):
            token.description = Description(text: text, nonce: nonce, run: lease.run).whole
            lease.apply(.minted(token, as: nonce))
        case .change(let change): lease.apply(change)
        case .value(let secret): value = secret
        case .command(let process): command = process
        case .commandStays: command = nil
        case .released:
            state = .done
            return .leave
        case .releasedTo(let process): state = .guarding(process)
        }
        return .wait
    }
}
