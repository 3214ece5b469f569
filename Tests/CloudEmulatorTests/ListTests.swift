import CloudEmulator
import TestBench
import Testing

/// The list of a user's tokens.
@Suite(.ownThreads) struct ListTests {
    private func ids(_ reply: WireReply?) -> [String] {
        reply?.json?["tokens"]?.elements.compactMap { $0["id"]?.text } ?? []
    }

    @Test func `an entry has what the contract names, and no value`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let (id, value) = cloud.minted()
        cloud.advanceClock(by: 60)
        _ = cloud.ask("GET", "/api/user", token: value)

        let reply = try #require(cloud.ask("GET", "/api/user/tokens"))
        #expect(reply.status == 200)
        #expect(!reply.text.contains("pul-"))
        let entry = reply.json?["tokens"]?.elements.first { $0["id"]?.text == id }
        #expect(
            entry
                == .object([
                    "id": .string(id), "name": .string(id), "description": .string("one"),
                    "created": .string("2027-01-15T08:00:00.000Z"), "lastUsed": .integer(1_800_000_060),
                    "expires": .integer(0), "admin": .bool(false), "createdBy": .string("alice"),
                    "type": .string("personal"),
                ])
        )
        // The parent is a token of the user's like any other.
        #expect(reply.json?["tokens"]?.elements.count == 2)
    }

    @Test func `a page has a hundred tokens, and a thousand at most`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let planted = cloud.plant(Seed(count: 1200))
        let first = cloud.ask("GET", "/api/user/tokens")
        #expect(ids(first).count == 100)
        let next = try #require(first?.json?["continuationToken"]?.text)
        let second = cloud.ask("GET", "/api/user/tokens?continuationToken=\(next)&maxResults=1000")
        #expect(ids(second).count == 1000)
        let last = try #require(second?.json?["continuationToken"]?.text)
        let third = cloud.ask("GET", "/api/user/tokens?maxResults=1000&continuationToken=\(last)")
        #expect(third?.json?["continuationToken"] == nil)
        #expect((ids(first) + ids(second) + ids(third)).dropFirst() == planted[...])
    }

    @Test func `what is minted between two pages is on a later one, or never seen`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.plant(Seed(count: 150))
        let first = cloud.ask("GET", "/api/user/tokens")
        let next = try #require(first?.json?["continuationToken"]?.text)
        let (id, _) = cloud.minted()
        #expect(ids(cloud.ask("GET", "/api/user/tokens?continuationToken=\(next)")).last == id)

        cloud.configure { $0.newestFirst = true }
        let newest = cloud.ask("GET", "/api/user/tokens")
        #expect(ids(newest).first == id)
        let older = try #require(newest?.json?["continuationToken"]?.text)
        let (late, _) = cloud.minted()
        #expect(!ids(cloud.ask("GET", "/api/user/tokens?continuationToken=\(older)")).contains(late))
    }

    @Test(arguments: [
        "maxResults=0", "maxResults=1001", "maxResults=-1", "maxResults=x", "maxResults=", "continuationToken=x",
        "continuationToken=page-00000000-1", "filter=mine",
    ])
    func `a parameter that makes no sense is refused`(query: String) throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let reply = cloud.ask("GET", "/api/user/tokens?\(query)")
        #expect(reply?.status == 400)
        #expect(reply?.json?["code"]?.wholeNumber == 400)
    }

    @Test func `a place in the list is good on its own server only`() throws {
        let cloud = try CloudEmulator.plain()
        let other = try CloudEmulator.plain()
        defer {
            cloud.stop()
            other.stop()
        }
        cloud.plant(Seed(count: 150))
        other.plant(Seed(count: 150))
        let next = try #require(cloud.ask("GET", "/api/user/tokens")?.json?["continuationToken"]?.text)
        #expect(other.ask("GET", "/api/user/tokens?continuationToken=\(next)")?.status == 400)
    }

    @Test func `filters tell active tokens from expired ones, and deleted ones are gone`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        cloud.freezeClock(at: 1_800_000_000)
        let short = cloud.plant(Seed(lifetime: 60))[0]
        let long = cloud.plant(Seed(lifetime: 3600))[0]
        let deleted = cloud.plant(Seed())[0]
        try cloud.revoke(id: deleted)
        cloud.advanceClock(by: 60)
        #expect(ids(cloud.ask("GET", "/api/user/tokens")).dropFirst() == [long])
        #expect(ids(cloud.ask("GET", "/api/user/tokens?filter=active")).dropFirst() == [long])
        #expect(ids(cloud.ask("GET", "/api/user/tokens?filter=expired")) == [short])
        #expect(ids(cloud.ask("GET", "/api/user/tokens?filter=all")).dropFirst() == [short, long])
    }

    @Test func `nobody sees another user's tokens`() throws {
        let cloud = try CloudEmulator.plain()
        defer { cloud.stop() }
        let hers = cloud.plant(Seed(owner: "alice", count: 2))
        let his = cloud.plant(Seed(owner: "bob", count: 3))
        #expect(ids(cloud.ask("GET", "/api/user/tokens")).dropFirst() == hers[...])
        let list = ids(cloud.ask("GET", "/api/user/tokens", token: cloud.parentToken(of: "bob")))
        #expect(list.dropFirst() == his[...])
    }

    @Test func `an old server has no pages, no types, and searches for what it takes for a filter`() throws {
        let cloud = try CloudEmulator.plain { $0.paging = false }
        defer { cloud.stop() }
        let planted = cloud.plant(Seed(count: 150, description: "all of {n}"))
        let reply = cloud.ask("GET", "/api/user/tokens?maxResults=1000&continuationToken=x")
        #expect(ids(reply).dropFirst() == planted[...])
        #expect(reply?.json?["continuationToken"] == nil)
        #expect(reply?.json?["tokens"]?.elements.first?["type"] == nil)
        #expect(ids(cloud.ask("GET", "/api/user/tokens?filter=all")) == planted)
        #expect(ids(cloud.ask("GET", "/api/user/tokens?filter=active")) == [])
    }

    @Test func `an empty list is a list`() throws {
        let cloud = try CloudEmulator.plain { $0.machines = [Machine(name: "robot", token: "pul-robot")] }
        defer { cloud.stop() }
        try cloud.revoke(id: try #require(cloud.tokens(.parent).first?.id))
        #expect(cloud.ask("GET", "/api/user/tokens?filter=expired", token: "pul-robot")?.text == #"{"tokens":[]}"#)
    }
}
