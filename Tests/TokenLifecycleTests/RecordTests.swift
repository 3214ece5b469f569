import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// Records on the disk.
@Suite struct RecordTests {
    private let stage: Stage
    private var disk: ScratchFolder { stage.machine.disk }
    private let now = VirtualClock.start

    init() throws {
        stage = try Stage()
    }

    private func directory(_ name: String) -> LeasePlace { .directory(disk.file(name), isDurable: true) }

    private func leases(in places: [LeasePlace]) throws -> LeaseStore.FoundLeases {
        try LeaseStore(stage.context, in: places).leases(of: Session(named: "s"))
    }

    @Test func `a record is read back as it was written`() throws {
        let place = directory("a/b/leases")
        let lease = stage.lease("my session") {
            $0.token = .init(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: 60, description: "text")
            $0.unresolved = [unresolved(since: 1, expires: 2)]
            $0.folder = "/tmp/pulumi-token-1"
            $0.files = [FileMark(path: "/f", inode: 1, size: 2, modified: 1_800_000_000_123_456_789)]
        }
        try place.create(LeaseRecord(lease))
        #expect(try place.entries() == [.lease(lease)])
        #expect(try place.entries(session: "my session") == [.lease(lease)])
        #expect(try place.entries(session: "another") == [])
        #expect(disk.permissions("a/b/leases") == 0o700 && disk.permissions("a") == 0o700)
        var stored = StoredLease(lease, in: [place], isCertain: true)
        stored.close(at: 1)
        #expect(try place.entries() == [.lease(lease)])
        try stored.update(.revoked(try TokenID("t-1")))
        try stored.update(.settled(lease.unresolved[0].nonce))
        stored.close(at: 1)
        #expect(try place.entries() == [])
    }

    @Test func `that the job has the token is noted in place, and every other change by a new file`() throws {
        let place = directory("leases")
        let lease = stage.lease { $0.unresolved = [unresolved(expires: now + 600)] }
        try place.create(LeaseRecord(lease))
        let path = try #require(place.path(of: lease))
        func mark() throws -> FileMark { try #require(FileMark(of: path)) }
        var stored = StoredLease(lease, in: [place], isCertain: true)
        let created = try mark()
        try stored.update(.exported)
        #expect(try mark().inode == created.inode && mark().size == created.size)
        #expect(place.current(lease)?.isExported == true)
        stored.note(.comparedClocks(offset: 7))
        try stored.update(.exported)
        #expect(try mark().inode != created.inode)
        #expect(place.current(lease)?.clockOffset == 7)
    }

    @Test(arguments: [" ", "\n"])
    func `a record in another form is replaced`(space: String) throws {
        let place = directory("leases")
        let lease = stage.lease()
        try place.create(LeaseRecord(lease))
        let path = try #require(place.path(of: lease))
        let usual = String(decoding: lease.encoded(), as: UTF8.self)
        try write(usual.replacing("\"isExported\":", with: "\"isExported\":\(space)"), to: path)
        var stored = StoredLease(lease, in: [place], isCertain: true)
        try stored.update(.exported)
        #expect(String(decoding: stored.lease.encoded(), as: UTF8.self) == text(of: path))
    }

    @Test func `what came of a mint is added to the record, and passed over when it is cut`() throws {
        let place = directory("leases")
        let entry = Lease.Unresolved(nonce: Nonce(from: stage.context.random), since: now, expires: now + 600)
        let intent = stage.lease { $0.unresolved = [entry] }
        try place.create(LeaseRecord(intent))
        let path = try #require(place.path(of: intent))
        let first = text(of: path) ?? ""
        var stored = StoredLease(intent, in: [place], isCertain: true)
        let id = try #require(TokenID(rawValue: "t-1"))
        try stored.update(.minted(Lease.Token(id: id, fingerprint: nil, expires: now + 600), as: entry.nonce))
        let whole = text(of: path) ?? ""
        #expect(whole.hasPrefix(first + "\n") && place.current(intent)?.tokenID == id)
        try stored.update(.exported)
        #expect(place.current(intent) == stored.lease && text(of: path)?.utf8.count == whole.utf8.count)
        for length in first.utf8.count..<whole.utf8.count {
            try write(String(decoding: whole.utf8.prefix(length), as: UTF8.self), to: path)
            #expect(place.current(intent) == intent, "\(length) bytes")
        }
        // What a later change finds cut is one line again.
        var found = StoredLease(intent, in: [place], isCertain: true)
        try found.update(.comparedClocks(offset: 3))
        #expect(text(of: path) == String(decoding: found.lease.encoded(), as: UTF8.self))
    }

    @Test func `an intent is never only added to a record`() throws {
        let place = directory("leases")
        let (first, second) = (Nonce(from: stage.context.random), Nonce(from: stage.context.random))
        let lease = stage.lease { $0.unresolved = [.init(nonce: first, since: now, expires: now + 600)] }
        try place.create(LeaseRecord(lease))
        var stored = StoredLease(lease, in: [place], isCertain: true)
        stored.note(.minted(Lease.Token(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: now + 600), as: first))
        try stored.update(.requesting(.init(nonce: second, since: now, expires: now + 600)))
        let path = try #require(place.path(of: lease))
        #expect(text(of: path) == String(decoding: stored.lease.encoded(), as: UTF8.self))
    }

    @Test func `a record of a later version is foreign`() throws {
        let place = directory("leases")
        try place.create(LeaseRecord(stage.lease { $0.version = 2 }))
        guard case .unusable(.foreign(_, let reason))? = try place.entries().first else { throw Missing() }
        #expect(reason == "it is not a lease record that this version can read")
    }

    @Test func `unknown members are no reason to refuse a record`() throws {
        let lease = stage.lease()
        let text = String(decoding: lease.encoded(), as: UTF8.self)
        let later = text.replacing("\"version\":1", with: "\"version\":1,\"future\":[1]")
        #expect(Lease(encoded: Array(later.utf8)) == lease)
    }

    @Test(arguments: ["created", "requestTimeout", "since", "expires"])
    func `a planted record with times beyond any calendar is no record`(member: String) throws {
        let lease = stage.lease { $0.unresolved = [unresolved(since: 1, expires: 2)] }
        let text = String(decoding: lease.encoded(), as: UTF8.self)
        let start = try #require(text.firstRange(of: "\"\(member)\":")).upperBound
        let end = text[start...].firstIndex { !$0.isNumber } ?? text.endIndex
        for time in [Int64.min, -1, .max] {
            let planted = text[..<start] + "\(time)" + text[end...]
            #expect(Lease(encoded: Array(planted.utf8)) == nil)
        }
        #expect(Lease(encoded: Array(text.utf8)) == lease)
    }

    @Test func `a record keeps how far the clock is off, and no more than a calendar allows`() throws {
        for (offset, read) in [(-200_000, -200_000), (7, 7), (nil, nil), (.min, nil), (.max, nil)] as [(Int64?, Int64?)]
        {
            let lease = stage.lease { $0.clockOffset = offset }
            #expect(Lease(encoded: lease.encoded())?.clockOffset == read)
        }
    }

    @Test func `a copy is kept, and a place for it that is not there is no failure`() throws {
        let (first, copy, none) = (directory("first"), directory("copy"), directory("file/x"))
        try disk.write("", to: "file")
        let lease = stage.lease { $0.unresolved = [unresolved(expires: now + 600)] }
        _ = try LeaseStore(stage.context, in: [first, copy]).create(lease)
        #expect(try copy.entries() == [.lease(lease)])
        let other = stage.lease()
        _ = try LeaseStore(stage.context, in: [first, none]).create(other)
        #expect(throws: Explanation.self) {
            _ = try LeaseStore(stage.context, in: [none, copy]).create(stage.lease())
        }
        let found = try leases(in: [first, copy]).leases
        #expect(found.count == 2)
        for var stored in found {
            try stored.update(.settled(lease.unresolved[0].nonce))
            stored.close(at: now)
        }
        #expect(try first.entries() == [] && copy.entries() == [])
    }

    @Test(arguments: [["damaged", "whole"], ["whole", "damaged"]])
    func `a damaged record beside a whole one of the same lease goes with it`(names: [String]) throws {
        let places = names.map(directory)
        let lease = stage.lease()
        for place in places { try place.create(LeaseRecord(lease)) }
        try write("", to: directory("damaged").path(of: lease) ?? "")
        let found = try leases(in: places)
        #expect(found.leases.count == 1 && found.unusable.isEmpty)
        found.leases[0].close(at: now)
        #expect(disk.files.allSatisfy { $0.hasSuffix("/.lock") })
    }

    @Test func `a damaged record and copies that cannot be used are told of`() throws {
        let (first, copies) = (directory("first"), directory("copies"))
        let lease = stage.lease()
        try first.create(LeaseRecord(lease))
        let path = first.path(of: lease) ?? ""
        try write("{", to: path)
        try disk.makeFolder("copies", mode: 0o777)
        let found = try leases(in: [first, copies])
        #expect(found.leases.isEmpty && found.unusable.map(\.path) == [disk.file("copies"), path])
        #expect(throws: FileError.self) { try leases(in: [copies, first]) }
    }

    @Test func `a record says what lives until when`() throws {
        #expect(stage.lease().isSettled && stage.lease().lastExpiry == 0)
        let lease = stage.lease {
            $0.unresolved = [unresolved(since: 1, expires: 70)]
            $0.token = .init(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: 60)
        }
        #expect(!lease.isSettled && lease.lastExpiry == 70)
    }

    @Test func `a fingerprint recognises a secret and tells nothing of it`() throws {
        let salt = Nonce(from: .fixed(0.1))
        let one = Fingerprint(of: Secret("value"), salt: salt)
        #expect(one == Fingerprint(of: Secret("value"), salt: salt))
        #expect(one != Fingerprint(of: Secret("valuf"), salt: salt))
        #expect(one != Fingerprint(of: Secret("value"), salt: Nonce(from: .fixed(0.2))))
        #expect(one.rawValue.utf8.count == 16)
    }

    @Test func `files of a lease are removed by name, and what does not belong there stays`() throws {
        let folder = try JobFolder.create(in: disk.path, for: Nonce(from: .fixed(0.1)))
        let credentials = try folder.makeCredentialsFolder(configuration: Array("{}".utf8), login: nil)
        let name = FilePath.name(of: folder.path)
        try disk.write("", to: "\(name)/credentials/credentials.json.lock")
        try disk.write("", to: "\(name)/export.sh.values")
        try disk.write("mine", to: "\(name)/notes.txt")
        JobFolder.remove(at: folder.path)
        #expect(disk.files == [disk.file("\(name)/notes.txt")])
        #expect(disk.permissions("\(name)/credentials") == nil)
        #expect(credentials == folder.path + "/credentials")
    }

    @Test func `of a kept token that is read, nothing else is left in memory`() throws {
        let folder = try JobFolder.create(in: disk.path, for: Nonce(from: .fixed(0.1)))
        // By another process, so that it was never in this one.
        let words = ["-c", "umask 77; head -c 900 /dev/urandom >\"$0/token\"", folder.path]
        #expect(try Program("sh", words).run().status == 0)
        let token = try #require(JobFolder.token(at: folder.path))
        #expect(token.count == 900 && token.reveal { ProcessMemory.copies(of: $0) } == 0)
        #expect(JobFolder.token(at: disk.path) == nil)
    }

    @Test func `a planted record makes nobody remove anything else`() throws {
        try disk.makeFolder("precious")
        try disk.write("", to: "precious/export.sh")
        JobFolder.remove(at: disk.file("precious"))
        try disk.link("pulumi-token-link", to: disk.file("precious"))
        JobFolder.remove(at: disk.file("pulumi-token-link"))
        #expect(disk.files == [disk.file("precious/export.sh")])
    }

    // MARK: Changes

    @Test func `a change is what is applied to the record as it is by now`() throws {
        let place = directory("leases")
        let entry = unresolved(expires: now + 600)
        try place.create(LeaseRecord(stage.lease { $0.unresolved = [entry] }))
        var mint = try #require(try leases(in: [place]).leases.first)
        var revoke = mint
        try mint.update(.requesting(unresolved(0.2, expires: now + 600)))
        try revoke.update(.settled(entry.nonce))
        revoke.close(at: now)
        // Who revokes removes only what it settled itself.
        #expect(try place.entries().count == 1)
        let left = try #require(try leases(in: [place]).leases.first)
        #expect(left.lease.unresolved == [unresolved(0.2, expires: now + 600)])
    }

    @Test func `a change that is applied twice does what it does once`() throws {
        let entry = unresolved(expires: now + 600)
        let token = Lease.Token(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: now + 600)
        let file = FileMark(path: "/f", inode: 1, size: 2, modified: 3)
        let changes: [LeaseChange] = [
            .requesting(entry), .unanswered(entry.nonce, since: now + 1), .comparedClocks(offset: 7),
            .minted(token, as: entry.nonce), .granted(expires: now + 60), .wrote(file),
            .exported,
            .endingItself(try TokenID("t-1")), .revoked(try TokenID("t-1")), .settled(entry.nonce),
        ]
        var once = stage.lease()
        for change in changes {
            once.apply(change)
            var twice = once
            twice.apply(change)
            #expect(twice == once)
        }
        #expect(once.isSettled && once.isExported && once.clockOffset == 7)
    }

    private struct Missing: Error {}
}
