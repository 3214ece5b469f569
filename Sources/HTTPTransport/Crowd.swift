/// How many requests may be under way at once, as a server has shown.
///
/// Some servers, and things in front of them, take only a few connections from one client and end all others. Each
/// time one is turned away among many, half as many are tried; when many in a row succeed, one more.
struct Crowd: Equatable, Sendable {
    /// How many successes in a row make room for one more.
    static let patience = 64

    private(set) var limit: Int
    private var successes = 0

    init(limit: Int = .max) {
        self.limit = limit
    }

    /// How many of the wanted ones may be under way.
    func room(for wanted: Int) -> Int { max(1, min(wanted, limit)) }

    /// A request succeeded while so many were allowed.
    mutating func admitted() {
        guard limit < .max else { return }
        successes += 1
        guard successes >= Self.patience else { return }
        successes = 0
        limit += 1
    }

    /// A request among so many that were allowed was turned away; false when it was alone, so that fewer are no help.
    mutating func turnedAway(among others: Int) -> Bool {
        guard others > 1 else { return false }
        successes = 0
        limit = max(1, min(limit, others / 2))
        return true
    }
}
