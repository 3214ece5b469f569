internal import JSON

/// The server's time as far as it may be believed: one reply with a wrong `Date` rules nothing.
///
/// A correction of this machine's clock needs two replies in a row that agree with each other. Until then a life is
/// counted by the own clock, so that no single reply makes it longer or shorter. All times are Unix time, seconds.
package struct ServerClock: Sendable, Equatable {
    /// What a reply tells of the own clock.
    package enum Word: Sendable, Equatable {
        /// Nothing new: the server does not say its time, or says what is in force already.
        case agrees
        /// Another time than expected: ask once more before anything is decided by it.
        case doubtful
        /// The second reply with that time: from now on it is in force.
        case corrected
    }

    /// How far two clocks may be apart and still agree, in seconds.
    package static let tolerance: Int64 = 60

    /// How far the server is ahead of this machine, as two replies agreed; 0 before.
    package private(set) var offset: Int64
    /// What the last reply said, when no other has said it before.
    private var doubtful: Int64?

    /// - Parameter offset: of an earlier process; what would overflow sums is cut.
    package init(offset: Int64 = 0) {
        self.offset = min(max(offset, -JSONNode.lastMoment), JSONNode.lastMoment)
    }

    /// The server's time, as far as it is known.
    package func time(at now: Int64) -> Int64 { now + offset }

    /// Takes what a reply says.
    ///
    /// - Parameters:
    ///   - serverTime: the reply's `Date`; nil without a usable one.
    ///   - now: this machine's time when the reply came.
    package mutating func hear(_ serverTime: Int64?, at now: Int64) -> Word {
        guard let serverTime else { return .agrees }
        let heard = serverTime - now
        let before = doubtful
        doubtful = nil
        guard abs(heard - offset) > Self.tolerance else { return .agrees }
        if let before, abs(heard - before) <= Self.tolerance {
            // Of the two the one by which the token dies earlier.
            offset = min(heard, before)
            return .corrected
        }
        doubtful = heard
        return .doubtful
    }

    /// The earlier of this machine's time, corrected, and the one that a reply says.
    ///
    /// By it tokens are young, and few have expired: for decisions that revoke a token, or that believe it has ended.
    package func earliest(_ serverTime: Int64?, at now: Int64) -> Int64 {
        min(serverTime ?? .max, time(at: now))
    }
}
