/// Counts requests over a sliding window.
struct RateLimiter: Sendable {
    private var times: [Double] = []
    private var first = 0

    /// Whether one more request at `now` is within the limit; otherwise the seconds until one would be.
    mutating func admit(_ limit: Configuration.RateLimit, at now: Double) -> Double? {
        while first < times.count, times[first] <= now - limit.seconds { first += 1 }
        guard times.count - first >= limit.count else {
            times.append(now)
            return nil
        }
        if limit.countsRefused { times.append(now) }
        return times[times.count - limit.count] + limit.seconds - now
    }
}

extension CloudState {
    /// 429 when the rate limit is exceeded.
    mutating func rateLimitReply(to request: Request) -> Reply? {
        let limit = configuration.rateLimit
        guard limit.count > 0, limit.method.isEmpty || limit.method == request.method,
            glob(limit.path, matches: request.path), let wait = limiter.admit(limit, at: clock.now)
        else { return nil }
        var reply = Reply.error(429, "rate limit exceeded")
        switch limit.retryAfter {
        case .seconds: reply.set("Retry-After", to: "\(Int64(wait.rounded(.up)))")
        case .date: reply.set("Retry-After", to: httpDate(Int64((clock.now + wait).rounded(.up))))
        case .none: break
        }
        return reply
    }
}

/// Whether a pattern, in which `*` stands for any text, matches all of `text`.
func glob(_ pattern: String, matches text: String) -> Bool {
    let pattern = Array(pattern.utf8)
    let text = Array(text.utf8)
    var (p, t, star, mark) = (0, 0, -1, 0)
    while t < text.count {
        if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
            (star, mark) = (p, t)
            p += 1
        } else if p < pattern.count, pattern[p] == text[t] {
            p += 1
            t += 1
        } else if star >= 0 {
            mark += 1
            (p, t) = (star + 1, mark)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}
