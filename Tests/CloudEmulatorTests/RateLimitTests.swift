import CloudEmulator
import Testing

/// Too many requests.
@Suite struct RateLimitTests {
    private func cloud(_ change: (inout Configuration.RateLimit) -> Void = { _ in }) throws -> CloudEmulator {
        let cloud = try CloudEmulator.plain {
            $0.rateLimit.count = 2
            $0.rateLimit.seconds = 10
            change(&$0.rateLimit)
        }
        cloud.freezeClock(at: 1_800_000_000)
        return cloud
    }

    @Test func `one more is let through when the server said it would be`() throws {
        let cloud = try cloud()
        defer { cloud.stop() }
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        cloud.advanceClock(by: 3.5)
        #expect(cloud.ask("GET", "/api/user")?.status == 200)

        let refused = cloud.ask("GET", "/api/user")
        #expect(refused?.status == 429)
        #expect(refused?.text == #"{"code":429,"message":"rate limit exceeded"}"#)
        #expect(refused?["Retry-After"] == "7")
        cloud.advanceClock(by: 6)
        #expect(cloud.ask("GET", "/api/user")?["Retry-After"] == "1")
        cloud.advanceClock(by: 1)
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(cloud.ask("GET", "/api/user")?.status == 429)
    }

    @Test(
        arguments: [
            (Configuration.RetryAfter.seconds, "10"), (.date, "Fri, 15 Jan 2027 08:00:10 GMT"), (.none, nil),
        ] as [(Configuration.RetryAfter, String?)]
    )
    func `the wait is told in seconds, as a date, or not at all`(
        form: Configuration.RetryAfter,
        field: String?
    ) throws {
        let cloud = try cloud {
            $0.count = 1
            $0.retryAfter = form
        }
        defer { cloud.stop() }
        _ = cloud.ask("GET", "/api/user")
        let refused = cloud.ask("GET", "/api/user")
        #expect(refused?.status == 429)
        #expect(refused?["Retry-After"] == field)
    }

    @Test func `refused requests may count as well, as with a firewall`() throws {
        let cloud = try cloud { $0.countsRefused = true }
        defer { cloud.stop() }
        _ = cloud.ask("GET", "/api/user")
        _ = cloud.ask("GET", "/api/user")
        cloud.advanceClock(by: 9)
        #expect(cloud.ask("GET", "/api/user")?.status == 429)
        cloud.advanceClock(by: 1)
        // The two are over, the refused one is not.
        #expect(cloud.ask("GET", "/api/user")?.status == 200)
        #expect(cloud.ask("GET", "/api/user")?.status == 429)
    }

    @Test func `a limit may be for a method and a path`() throws {
        let cloud = try cloud {
            $0.count = 1
            $0.method = "POST"
            $0.path = "/api/user/*"
        }
        defer { cloud.stop() }
        #expect((0..<3).map { _ in cloud.ask("GET", "/api/user")?.status } == [200, 200, 200])
        #expect((0..<2).map { _ in cloud.mint()?.status } == [200, 429])
        #expect(cloud.tokens(.minted).count == 1)
        #expect(cloud.ask("POST", "/api/oauth/token", body: "{}")?.status == 400)
    }

    @Test func `a refused request has no effect and is remembered`() throws {
        let cloud = try cloud { $0.count = 1 }
        defer { cloud.stop() }
        _ = cloud.ask("GET", "/api/user")
        #expect(cloud.mint()?.status == 429)
        #expect(cloud.tokens(.minted) == [])
        #expect(cloud.requests.map(\.status) == [200, 429])
    }
}
