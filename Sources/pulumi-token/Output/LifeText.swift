import HostSystem
import Supervision
import TokenLifecycle

/// What people are told of the end of a token while the command that has it still runs.
struct LifeText {
    /// The part of its life before the end at which it is told, and the most that this may be, in seconds.
    private static let lastPart: Int64 = 10
    private static let longestWarning: Int64 = 300

    /// Of the whole life, in seconds.
    private let length: Int64
    /// How much is left of it.
    private let left: Int64

    init(length: Int64, left: Int64) {
        self.length = length
        self.left = left
    }

    /// - Parameter now: the server's Unix time, seconds.
    init(_ minted: Minted, at now: Int64) {
        self.init(length: minted.lifetime, left: minted.expires - now)
    }

    /// The seconds before the end at which it is told.
    private var warning: Int64 { min(length / Self.lastPart, Self.longestWarning) }

    /// What is said when; seconds from now on.
    var sentences: [(after: Int64, text: String)] {
        [
            (
                left - warning,
                "the token expires in \(TimeSpan(seconds: warning)) and the command is still running; "
                    + "set --ttl to a longer time"
            ),
            (left, "the token has expired and the command is still running"),
        ]
    }

    func notices(on console: Console, from uptime: Duration) -> TimedNotices {
        TimedNotices(
            sentences.map { after, text in
                .init(at: uptime + .seconds(after)) { console.warning(text) }
            }
        )
    }
}
