package import PulumiCloud

/// The sum of many events, whatever their order: what somebody who watches many pipelines wants to know of a day.
///
/// Of a token, a few numbers stay in memory; of a line, nothing.
package struct EventSummary: Sendable {
    /// A line that is not an event.
    package struct BadLine: Equatable, Sendable {
        package var file: String
        /// From 1.
        package var line: Int
        /// For people.
        package var reason: String
    }

    /// The longest line that can be an event, in bytes.
    package static let longestLine = 1 << 16
    /// How many bad lines are named; all are counted.
    package static let namedBadLines = 20

    /// What is known of one token; Unix time, seconds.
    private struct Life {
        var minted: Int64?
        var ended: Int64?
    }

    private var counts: [TrailEvent.Name: Int] = [:]
    /// By a hash, whose seed no writer of a file knows.
    private var lives: [Int: Life] = [:]
    /// What could not be revoked at least once, and its expiry.
    private var failed: [Int: (token: TokenID?, expires: Int64?)] = [:]
    private var longest: (seconds: Int64, token: TokenID?)?
    package private(set) var mint = Durations()
    package private(set) var revoke = Durations()
    /// The first and the last moment, whatever the order: Unix time, seconds.
    package private(set) var span: ClosedRange<Int64>?
    package private(set) var badLines: [BadLine] = []
    package private(set) var badLineCount = 0

    package init() {}

    /// How many events of a name there are.
    package func count(of name: TrailEvent.Name) -> Int { counts[name] ?? 0 }

    package var eventCount: Int { counts.values.reduce(0, +) }

    /// Tokens that could not be revoked and whose end no event tells.
    package var notRevoked: Int { failed.keys.count { lives[$0]?.ended == nil } }

    /// From a mint to the revocation, or to the expiry of what was not revoked, in seconds.
    package var longestLife: (seconds: Int64, token: TokenID?)? {
        failed.reduce(longest) { longest, entry in
            guard let life = lives[entry.key], life.ended == nil, let minted = life.minted,
                let expires = entry.value.expires, expires - minted > longest?.seconds ?? -1
            else { return longest }
            return (expires - minted, entry.value.token)
        }
    }

    // MARK: Adding

    /// - Parameters:
    ///   - line: nil for one that is too long to be an event.
    ///   - number: from 1.
    package mutating func add(_ line: [UInt8]?, of file: String, number: Int) {
        do throws(ToldEvent.Problem) {
            guard let line else { throw .tooLong }
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) else { return }
            add(try ToldEvent(line))
        } catch {
            badLineCount += 1
            guard badLines.count < Self.namedBadLines else { return }
            badLines.append(BadLine(file: file, line: number, reason: error.rawValue))
        }
    }

    private mutating func add(_ event: ToldEvent) {
        counts[event.name, default: 0] += 1
        span = min(event.time, span?.lowerBound ?? event.time)...max(event.time, span?.upperBound ?? event.time)
        if let duration = event.duration {
            if event.name == .minted { mint.add(duration) }
            if event.name == .revoked { revoke.add(duration) }
        }
        follow(event)
    }

    private mutating func follow(_ event: ToldEvent) {
        // What a lost reply may have made has no ID, but a session and an expiry.
        let key = event.token?.hashValue ?? [event.session ?? "", "\(event.expires ?? 0)"].hashValue
        var life = lives[key] ?? Life()
        if event.name == .minted { life.minted = min(event.time, life.minted ?? event.time) }
        if let end = event.end { life.ended = min(end, life.ended ?? end) }
        if event.name == .notRevoked { failed[key] = (event.token, event.expires) }
        guard life.minted != nil || life.ended != nil else { return }
        lives[key] = life
        guard let minted = life.minted, let ended = life.ended, ended - minted > longest?.seconds ?? -1 else { return }
        longest = (ended - minted, event.token)
    }
}

/// How long something took, many times: as precise as three digits are, in memory that does not grow with the number.
package struct Durations: Sendable {
    /// How often, by milliseconds.
    private var counts: [Int64: Int] = [:]
    package private(set) var count = 0

    package init() {}

    /// - Parameter milliseconds: from 0 on.
    package mutating func add(_ milliseconds: Int64) {
        var unit: Int64 = 1
        while milliseconds / unit >= 1000 { unit *= 10 }
        counts[milliseconds / unit * unit, default: 0] += 1
        count += 1
    }

    /// The smallest duration, in milliseconds, that so many percent do not exceed; nil without any.
    package func percentile(_ percent: Int) -> Int64? {
        var rank = (count * percent + 99) / 100
        for (milliseconds, number) in counts.sorted(by: { $0.key < $1.key }) {
            rank -= number
            if rank <= 0 { return milliseconds }
        }
        return nil
    }
}
