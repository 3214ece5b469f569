/// How long a token is to live.
package enum Lifetime: Equatable, Sendable {
    /// Seconds from the mint on, in the server's time.
    case lasting(Int64)
    /// Unix time, seconds.
    case until(Int64)

    /// The shortest and the longest that is accepted, in seconds: a minute and two years of 365 days.
    ///
    /// Pulumi Cloud's own limit is "up to two years from present".
    package static let range: ClosedRange<Int64> = 60...(730 * 86400)

    /// Unix time, seconds.
    package func expiry(from now: Int64) -> Int64 {
        switch self {
        case .lasting(let seconds): now + seconds
        case .until(let moment): moment
        }
    }

    /// How long that is from a moment on, both in seconds.
    package func seconds(from now: Int64) -> Int64 {
        expiry(from: now) - now
    }
}
