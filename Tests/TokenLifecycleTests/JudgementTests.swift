import Glibc
import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// What is known to be over is ended and cleaned up; what is not known is named.
@Suite struct JudgementTests {
    private let stage: Stage
    private let start = VirtualClock.start
    private let day: Int64 = 86400
    private var disk: ScratchFolder { stage.machine.disk }
    private let directory = "home/.local/state/pulumi-token"

    init() throws {
        stage = try Stage()
    }

    /// A token whose process nobody can look at from here: its namespace is another one, and it has no lock.
    private func keepUnknown(at path: String? = nil) throws {
        var lease = try stage.plantedLease("their 1")
        lease.owner.namespace = "pid:[1]"
        lease.owner.pid = 4711
        _ = try stage.keep(lease, at: path)
        for file in disk.files where file.hasSuffix(".alive") { unlink(file) }
    }

    private func sweep(at path: String? = nil) throws -> [Sweep.Entry] {
        var sweep = MachineSweep(stage.context, LeaseStore(stage.context, path: path), of: .pulumiCloud)
        var revoker = Revoker(try stage.parent(), in: stage.context, within: stage.budget())
        return sweep.run(by: &revoker) { _, _ in }
    }

    // MARK: Liveness

    @Test func `a lease whose owner's lock is held is left alone, whatever /proc shows`() throws {
        var lease = try stage.plantedLease()
        lease.owner.startTime = 1
        let stored: StoredLease
        do {
            let held = try stage.store.create(lease)
            #expect(try sweep().isEmpty && stage.methods.isEmpty)
            // Dropped without a word, it is what a kill is.
            stored = held.stored
        }
        stage.awaitFree(stored)
        #expect(try sweep().map(\.outcome) == [.revoked])
    }

    @Test func `the lock of a mint is held from before the record until its end`() throws {
        var held: [String] = []
        stage.wire.underWay = { [stage] _ in
            for stored in (try? stage.store.leases(of: nil).leases) ?? [] {
                held.append("\(stage.store.state(of: stored, in: .pulumiCloud))")
            }
        }
        // As if /proc showed nothing of us.
        stage.context.process.namespace = "pid:[1]"
        try stage.mint()
        #expect(held == ["living"])
    }

    @Test func `a process that was killed leaves its lock free`() throws {
        // The lock is what a flock of a child is: free when that child is gone.
        let lease = try stage.plantedLease()
        _ = try stage.keep(lease)
        let lock = try #require(disk.files.first { $0.hasSuffix(".alive") })
        let found = { Liveness.finding(of: lease, in: [.directory(FilePath.directory(of: lock), isDurable: true)]) }
        #expect(found() == .free)
        var program = Program("flock", ["--no-fork", lock, "sh", "-c", "echo held; exec cat"])
        program.input = .held
        let holder = try program.start()
        #expect(try holder.nextLine() == "held")
        #expect(found() == .held)
        holder.signal(SIGKILL)
        _ = try holder.wait()
        #expect(found() == .free)
        unlink(lock)
        #expect(found() == .absent)
    }

    // MARK: Unknown

    @Test func `what cannot be judged is left alone, and a sweep names the command that ends it`() throws {
        try keepUnknown()
        #expect(try sweep().isEmpty)
        #expect(stage.cloud.tokens.count == 1 && stage.records.count == 1)
        let notice =
            "notice: not revoked: cannot tell from here whether process 4711 has ended; after it ends, run "
            + "pulumi-token revoke --session 'their 1'\n"
        #expect(stage.said.ranges(of: notice).count == 1)
        #expect(try stage.store.unjudged(stage.store.leases(of: nil)).map(\.session) == ["their 1"])
    }

    @Test func `a mint does not speak of what cannot be judged`() throws {
        try keepUnknown()
        try stage.mint()
        #expect(!stage.said.contains("cannot tell from here"))
        #expect(stage.records.count == 2)
    }

    @Test func `at a path of the user's the command names the path`() throws {
        let path = disk.file("tmp/lease.json")
        try keepUnknown(at: path)
        #expect(try sweep(at: path).isEmpty)
        #expect(stage.said.contains("pulumi-token revoke --lease \(path)"))
    }

    // MARK: Cleaning

    @Test func `files of processes that were killed while they wrote go after a day`() throws {
        try stage.mint()
        let names = [".x.json.7.new", ".x.json.\(Nonce(from: .fixed(0.1)).rawValue).alive"]
        for name in names { try disk.write("{", to: "\(directory)/\(name)") }
        for (age, isLeft) in [(day - 10, true), (day + 10, false)] {
            for name in names { disk.touch("\(directory)/\(name)", at: start - age) }
            _ = try sweep()
            #expect(names.map { disk.contents("\(directory)/\($0)") != nil } == [isLeft, isLeft])
        }
        #expect(stage.records.count == 1)
    }

    @Test func `records that nobody can read go after a month, and what the user chose never does`() throws {
        try stage.mint()
        let path = disk.file("tmp/lease.json")
        try disk.write("notes", to: "tmp/lease.json")
        try disk.write("{", to: "\(directory)/damaged.json")
        let later = stage.lease { $0.version = 2 }
        try disk.write(later.encoded(), to: "\(directory)/later.json")
        try disk.link("\(directory)/link.json", to: path)
        let names = ["damaged.json", "later.json", "link.json"]
        for (age, isLeft) in [(29 * day, true), (31 * day, false)] {
            for name in names { disk.touch("\(directory)/\(name)", at: start - age) }
            disk.touch("tmp/lease.json", at: start - age)
            _ = try sweep()
            _ = try sweep(at: path)
            #expect(names.map { disk.mode("\(directory)/\($0)") != nil } == [isLeft, isLeft, isLeft])
        }
        #expect(disk.text("tmp/lease.json") == "notes" && stage.records.count == 1)
    }

    @Test func `what has long expired goes without a request, with the files of its job`() throws {
        let folder = try JobFolder.create(in: disk.file("tmp"), for: Nonce(from: .fixed(0.1)))
        try disk.write("secret", to: "tmp/\(FilePath.name(of: folder.path))/export.sh.values")
        var lease = try stage.plantedLease()
        lease.token?.expires = start - day - 1
        lease.folder = folder.path
        lease.cloud = "https://elsewhere.example"
        _ = try stage.keep(lease)
        _ = try sweep()
        #expect(stage.records.isEmpty && stage.methods.isEmpty && disk.names(in: "tmp").isEmpty)
    }

    @Test func `scripts that nobody sourced go after a day, and nothing that a job may use`() throws {
        let contents = [
            "empty": [], "failed": ["export.sh"], "exported": ["export.sh", "export.sh.values"],
            "isolated": ["credentials"], "theirs": ["notes"],
        ]
        // Names as long as a nonce.
        let folder = { (name: String) in
            "pulumi-token-" + name.padding(to: 22)
        }
        for (name, files) in contents {
            try disk.makeFolder("tmp/\(folder(name))")
            for file in files { try disk.write("", to: "tmp/\(folder(name))/\(file)") }
        }
        try disk.makeFolder("tmp/pulumi-token-other")
        for (age, gone) in [(day - 10, []), (day + 10, ["empty", "failed"])] as [(Int64, [String])] {
            for name in disk.names(in: "tmp") { disk.touch("tmp/\(name)", at: start - age) }
            _ = try sweep()
            let left = contents.keys.filter { !gone.contains($0) }.map(folder) + ["pulumi-token-other"]
            #expect(disk.names(in: "tmp") == left.sorted())
        }
    }

    @Test func `a mint that is killed before its request leaves a directory that is empty, or on record`() throws {
        // The record cannot be written, so what was made before it is all that a kill would leave.
        try disk.write("", to: "home/.local")
        #expect(stage.failure(as: [.file(nil)])?.explanation.exitCode == .cannotWrite)
        #expect(disk.names(in: "tmp").isEmpty)
        let stage = try Stage()
        stage.wire.underWay = { _ in
            let folder = stage.records.first?.folder ?? ""
            let names = ScratchFolder.files(in: folder).map(FilePath.name)
            #expect(!folder.isEmpty && names.isEmpty)
        }
        try stage.mint(as: [.file(nil)])
    }
}

extension String {
    fileprivate func padding(to length: Int) -> String { self + String(repeating: "-", count: length - utf8.count) }
}
