import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestBench
import Testing

@testable import TokenLifecycle

/// Records on the disk.
@Suite struct RecordTests {
    private let sandbox: ScratchFolder
    private let stage: Stage

    init() throws {
        sandbox = try ScratchFolder()
        stage = try Stage(StubTransport())
    }

    @Test func `a record is read back as it was written`() throws {
        let folder = LeaseFolder(path: sandbox.file("a/b/leases"))
        var lease = stage.lease("my session")
        lease.tokenID = try TokenID("t-1")
        lease.unresolved = [.init(nonce: Nonce(from: .fixed(0.1)), since: 1, expires: 2)]
        try folder.save(lease)
        #expect(try folder.entries() == [.lease(lease)])
        #expect(try folder.entries(session: "my session") == [.lease(lease)])
        #expect(try folder.entries(session: "another") == [])
        #expect(sandbox.permissions("a/b/leases") == 0o700 && sandbox.permissions("a") == 0o700)
        folder.remove(lease)
        #expect(try folder.entries() == [])
    }

    @Test func `a record of a later version is foreign`() throws {
        let folder = LeaseFolder(path: sandbox.file("leases"))
        var lease = stage.lease()
        lease.version = 2
        try folder.save(lease)
        guard case .unusable(.foreign(_, let reason))? = try folder.entries().first else { throw Missing() }
        #expect(reason == "it is not a lease record that this version understands")
    }

    @Test func `unknown members are no reason to refuse a record`() throws {
        let text = String(decoding: stage.lease().encoded(), as: UTF8.self)
        let later = text.replacing("\"version\":1", with: "\"version\":1,\"future\":[1]")
        #expect(Lease(encoded: Array(later.utf8)) == stage.lease())
    }

    @Test(arguments: ["created", "requestTimeout", "since", "expires"])
    func `a planted record with times beyond any calendar is no record`(member: String) throws {
        var lease = stage.lease()
        lease.unresolved = [.init(nonce: Nonce(from: .fixed(0.1)), since: 1, expires: 2)]
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
            var lease = stage.lease()
            lease.clockOffset = offset
            #expect(Lease(encoded: lease.encoded())?.clockOffset == read)
        }
    }

    @Test func `a copy is kept, and a place for it that is not there is no failure`() throws {
        let first = LeaseFolder(path: sandbox.file("first"))
        let copy = LeaseFolder(path: sandbox.file("copy"))
        let lease = stage.lease()
        try CopiedRecords(first, copy: copy).save(lease)
        #expect(try copy.entries() == [.lease(lease)])
        try sandbox.write("", to: "file")
        try CopiedRecords(first, copy: LeaseFolder(path: sandbox.file("file/x"))).save(lease)
        #expect(throws: FileError.self) {
            try CopiedRecords(LeaseFolder(path: sandbox.file("file/x")), copy: copy).save(lease)
        }
        let found = try FoundLease.all(of: Session(named: "s"), in: [first, copy]) { _ in }
        #expect(found.count == 1)
        found[0].forget()
        #expect(try first.entries() == [] && copy.entries() == [])
    }

    @Test(arguments: [["damaged", "whole"], ["whole", "damaged"]])
    func `a damaged record beside a whole one of the same lease goes with it`(names: [String]) throws {
        let folders = names.map { LeaseFolder(path: sandbox.file($0)) }
        let lease = stage.lease()
        for folder in folders { try folder.save(lease) }
        try write("", to: LeaseFolder(path: sandbox.file("damaged")).path(of: lease))
        let found = try FoundLease.all(of: Session(named: "s"), in: folders) { Issue.record("\($0)") }
        #expect(found.count == 1)
        found[0].forget()
        #expect(sandbox.files == [])
    }

    @Test func `a damaged record and copies that cannot be used are told of`() throws {
        let first = LeaseFolder(path: sandbox.file("first"))
        try first.save(stage.lease())
        try write("{", to: first.path(of: stage.lease()))
        try sandbox.makeFolder("copies", mode: 0o777)
        let copies = LeaseFolder(path: sandbox.file("copies"))
        var told: [String] = []
        let found = try FoundLease.all(of: Session(named: "s"), in: [first, copies]) { told.append($0.path) }
        #expect(found.isEmpty && told == [copies.path, first.path(of: stage.lease())])
        #expect(throws: FileError.self) { try FoundLease.all(of: Session(named: "s"), in: [copies, first]) { _ in } }
    }

    @Test func `a record says what lives until when`() throws {
        var lease = stage.lease()
        #expect(lease.isSettled && lease.lastExpiry == 0)
        lease.unresolved = [.init(nonce: Nonce(from: .fixed(0.1)), since: 1, expires: 70)]
        lease.expires = 60
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
        let folder = try JobFolder.create(in: sandbox.path, for: Nonce(from: .fixed(0.1)))
        let credentials = try folder.makeCredentialsFolder(configuration: Array("{}".utf8))
        let name = folder.path.split(separator: "/").last.map(String.init) ?? ""
        try sandbox.write("", to: "\(name)/credentials/credentials.json.lock")
        try sandbox.write("", to: "\(name)/export.sh.values")
        try sandbox.write("mine", to: "\(name)/notes.txt")
        JobFolder.remove(at: folder.path)
        #expect(sandbox.files == [sandbox.file("\(name)/notes.txt")])
        #expect(sandbox.permissions("\(name)/credentials") == nil)
        #expect(credentials == folder.path + "/credentials")
    }

    @Test func `a planted record makes nobody remove anything else`() throws {
        try sandbox.makeFolder("precious")
        try sandbox.write("", to: "precious/export.sh")
        JobFolder.remove(at: sandbox.file("precious"))
        _ = try Program("ln", ["-s", sandbox.file("precious"), sandbox.file("pulumi-token-link")]).run()
        JobFolder.remove(at: sandbox.file("pulumi-token-link"))
        #expect(sandbox.files == [sandbox.file("precious/export.sh")])
    }

    private struct Missing: Error {}
}
