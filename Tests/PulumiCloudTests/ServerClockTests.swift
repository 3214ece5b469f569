import PulumiCloud
import Testing

@Suite struct ServerClockTests {
    private static let now: Int64 = 1_800_000_000
    private static let day: Int64 = 86400

    @Test(
        arguments: [
            // What the replies say, as seconds ahead of this machine; what each tells; the correction at the end.
            ([], [], 0),
            ([nil], [.agrees], 0),
            ([60], [.agrees], 0),
            ([-60], [.agrees], 0),
            ([61], [.doubtful], 0),
            ([100 * day], [.doubtful], 0),
            ([-day], [.doubtful], 0),
            ([100 * day, 0], [.doubtful, .agrees], 0),
            ([100 * day, 0, 100 * day], [.doubtful, .agrees, .doubtful], 0),
            ([100 * day, nil, 100 * day], [.doubtful, .agrees, .corrected], 100 * day),
            ([100 * day, -day], [.doubtful, .doubtful], 0),
            ([100 * day, -day, -day], [.doubtful, .doubtful, .corrected], -day),
            ([300, 300], [.doubtful, .corrected], 300),
            ([300, 350], [.doubtful, .corrected], 300),
            ([350, 300], [.doubtful, .corrected], 300),
            ([300, 361], [.doubtful, .doubtful], 0),
            ([300, 300, 300, 0], [.doubtful, .corrected, .agrees, .doubtful], 300),
            ([300, 300, 0, 0], [.doubtful, .corrected, .doubtful, .corrected], 0),
        ] as [([Int64?], [ServerClock.Word], Int64)]
    )
    func `a correction needs two replies that agree`(said: [Int64?], words: [ServerClock.Word], offset: Int64) {
        var clock = ServerClock()
        #expect(said.map { clock.hear($0.map { Self.now + $0 }, at: Self.now) } == words)
        #expect(clock.offset == offset)
        #expect(clock.time(at: Self.now) == Self.now + offset)
    }

    @Test(
        arguments: [
            (0, nil, 0), (0, 10, 0), (0, -10, -10), (0, 100 * day, 0), (0, -100 * day, -100 * day),
            (300, nil, 300), (300, 100 * day, 300), (300, 0, 0), (-300, 0, -300),
        ] as [(Int64, Int64?, Int64)]
    )
    func `no wrong date makes a token older than this machine knows`(offset: Int64, said: Int64?, earliest: Int64) {
        let clock = ServerClock(offset: offset)
        #expect(clock.earliest(said.map { Self.now + $0 }, at: Self.now) == Self.now + earliest)
    }

    @Test(arguments: [
        "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Wed, 31 Dec 1969 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 10000 23:59:59 GMT", "Sat, 99 Dec 9999 99:99:99 GMT",
        "Sat, 01 Jan 99999999999999999999 00:00:00 GMT", "Saturday, 01-Jan-00 00:00:00 GMT", "-1", "",
    ])
    func `no date that a server sends is beyond what can be counted with`(text: String) {
        let time = unixTime(ofHTTPDate: text)
        #expect(time.map { (0...253_402_300_799).contains($0) } ?? true)
        var clock = ServerClock()
        for now in [0, Self.now, 253_402_300_799] {
            _ = clock.hear(time, at: now)
            _ = clock.earliest(time, at: now)
        }
    }

    @Test func `a date before 1970 or beyond 9999 counts as none`() {
        #expect(unixTime(ofHTTPDate: "Wed, 31 Dec 1969 23:59:59 GMT") == nil)
        #expect(unixTime(ofHTTPDate: "Fri, 31 Dec 10000 23:59:59 GMT") == nil)
        #expect(unixTime(ofHTTPDate: "Fri, 31 Dec 9999 23:59:59 GMT") == 253_402_300_799)
    }
}
