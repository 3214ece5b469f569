package import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Answers on a socket: one packet from each who connects, and one back.
///
/// Nobody who says nothing holds up the others, and nobody can occupy it.
package final class HelperListener {
    /// How long one who connects may say nothing.
    private static let silence: Duration = .seconds(2)
    /// How many are listened to at once; others wait to be taken.
    private static let mostGuests = 64
    /// How long nobody is let in after that has failed, as where no more files can be open.
    private static let rest: Duration = .milliseconds(50)

    private final class Guest {
        let socket: PacketSocket
        let since: Duration

        init(_ socket: consuming PacketSocket, since: Duration) {
            self.socket = socket
            self.since = since
        }
    }

    private let socket: PacketSocket
    private let clock: HostClock
    private let peer: HelperPeer
    private var guests: [Guest] = []
    /// Whether somebody waits who could not be let in.
    private var isResting = false

    package init(at path: String, clock: HostClock, peer: HelperPeer = .current()) throws(FileError) {
        socket = try .listen(at: path)
        self.clock = clock
        self.peer = peer
    }

    /// - Parameter socket: one on which somebody listens already.
    package init(_ socket: consuming PacketSocket, clock: HostClock, peer: HelperPeer = .current()) {
        self.socket = socket
        self.clock = clock
        self.peer = peer
    }

    /// Waits for somebody, and answers all who have asked.
    ///
    /// - Parameters:
    ///   - others: descriptors at which it stops waiting.
    ///   - end: the uptime at which it stops waiting; nil for never.
    ///   - answer: nil for what is not to be answered.
    package func turn(watching others: [Int32], until end: Duration? = nil, answer: (Secret) -> Secret?) {
        let hasRoom = guests.count < Self.mostGuests && !isResting
        let numbers = others + [hasRoom ? socket.number : -1] + guests.map { $0.socket.number }
        var watched = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let restEnd = isResting ? clock.uptime() + Self.rest : nil
        let limit = [end, restEnd, guests.map(\.since).min().map { $0 + Self.silence }].compactMap(\.self).min()
        isResting = false
        let left = limit.map { max(.zero, $0 - clock.uptime()).roundedUpToMilliseconds }
        guard poll(&watched, nfds_t(watched.count), left ?? -1) >= 0 else { return }
        let now = clock.uptime()
        let asking = zip(guests, watched.suffix(guests.count)).filter { $1.revents != 0 }.map(\.0)
        // Not by the time after the answers: an answer may take as long as a mint.
        guests.removeAll { guest in
            asking.contains { $0 === guest } || guest.since + Self.silence <= now
        }
        if watched[others.count].revents != 0 { letIn(at: now) }
        for guest in asking { reply(to: guest, answer) }
    }

    private func letIn(at now: Duration) {
        // Who waits makes the next wait end at once, and the next attempt would fail as well.
        isResting = true
        while guests.count < Self.mostGuests, let guest = socket.accept() {
            isResting = false
            if peer.accepts(guest.peer()) { guests.append(Guest(guest, since: now)) }
        }
    }

    private func reply(to guest: Guest, _ answer: (Secret) -> Secret?) {
        switch guest.socket.receive(limit: HelperQuestion.limit) {
        case .packet(let question): if let reply = answer(question) { guest.socket.send(reply) }
        case .nothingYet: guests.append(guest)
        case .ended: break
        }
    }
}
