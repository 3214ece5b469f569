import Glibc
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import Synchronization
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// Several processes and one record: whoever changes it takes nothing away from the others.
@Suite struct WriterTests {
    private let stage: Stage
    private let start = VirtualClock.start

    init() throws {
        stage = try Stage()
    }

    // MARK: One lock for each directory

    /// With `scripts/test --exhaustive` a hundred.
    private static let seeds = Array(0..<(getenv("PULUMI_TOKEN_TESTS_EXHAUSTIVE") == nil ? 1 : 100) as Range<UInt64>)

    @Test(arguments: seeds)
    func `many writers lose nothing, in threads and in processes that are killed at any moment`(seed: UInt64) throws {
        let first = unresolved(expires: start + 600)
        _ = try stage.keep(stage.lease { $0.unresolved = [first] })
        let written = Mutex<Set<Nonce>>([first.nonce])
        let settled = Mutex<Set<Nonce>>([])
        let context = stage.context
        let threads = try (0..<2).map { thread in
            try Thread {
                for round in 0..<40 {
                    let entry = unresolved(Double(thread * 40 + round + 100) / 1000, expires: 2)
                    guard var stored = try? LeaseStore(context).leases(of: nil).leases.first,
                        (try? stored.update(.requesting(entry))) != nil
                    else { continue }
                    written.withLock { _ = $0.insert(entry.nonce) }
                    // What it had read before knows nothing of the others' changes.
                    guard round % 2 == 0, (try? stored.update(.settled(entry.nonce))) != nil else { continue }
                    settled.withLock { _ = $0.insert(entry.nonce) }
                }
            }
        }
        for nonce in try killWriters(rounds: 24, seed: seed) { written.withLock { _ = $0.insert(nonce) } }
        for thread in threads { thread.join() }

        let found = try stage.store.leases(of: nil)
        let record = Set(try #require(found.leases.first).lease.unresolved.map(\.nonce))
        #expect(found.unusable.isEmpty && found.leases.count == 1)
        let (all, over) = (written.withLock { $0 }, settled.withLock { $0 })
        #expect(all.count > 60 && over.count > 10)
        #expect(all.subtracting(over).subtracting(record) == [])
        #expect(record.isDisjoint(with: over))
        print("writers: \(all.count + over.count) changes, 24 processes killed, 0 lost")
    }

    /// Starts and kills processes, each after some of its lines; gives what they had said to be written.
    private func killWriters(rounds: Int, seed: UInt64) throws -> Set<Nonce> {
        var generator = SeededGenerator(seed: seed)
        let state = stage.machine.disk.file("home/.local/state")
        let writer = try Program(builtProgram("lease-writer"), [state, "6"])
        var running = try (0..<3).map { _ in try writer.start() }
        var said: Set<Nonce> = []
        for _ in 0..<rounds {
            let index = generator.number(0...2)
            let process = running[index]
            for _ in 0..<generator.number(1...4) { said.formUnion(nonces(try process.nextLine())) }
            process.signal(SIGKILL)
            try process.awaitEndOfOutput()
            while let line = try process.nextLine() { said.formUnion(nonces(line)) }
            running[index] = try writer.start()
        }
        for process in running {
            while let line = try process.nextLine() { said.formUnion(nonces(line)) }
        }
        return said
    }

    private func nonces(_ line: String?) -> [Nonce] {
        line.flatMap(Nonce.init(rawValue:)).map { [$0] } ?? []
    }

    @Test func `the lock of a directory stays, and that of a path is beside it`() throws {
        let path = stage.machine.disk.file("tmp/lease.json")
        for path in [nil, path] {
            let token = try stage.mint(as: [.nothing], at: path)
            let stored = try #require(try LeaseStore(stage.context, path: path).leases(of: nil).leases.first)
            #expect(stored.lease.tokenID == token.id)
            var revoker = Revoker(try stage.parent(), in: stage.context, within: stage.budget())
            _ = try revoker.revoke([stored], isPatient: true)
        }
        #expect(stage.machine.files(below: "home") == [])
        #expect(stage.machine.disk.contents("home/.local/state/pulumi-token/.lock") != nil)
        #expect(stage.machine.files(below: "tmp").map(FilePath.name) == ["lease.json.lock"])
    }

    @Test func `no lock is held while a request is under way`() throws {
        let lock = stage.machine.disk.file("home/.local/state/pulumi-token/.lock")
        var taken: [Bool] = []
        stage.cloud.answer("POST", acting: true, with: .lost(.connectionLost, arrived: true, "reset"))
        stage.wire.underWay = { _ in taken.append((try? Descriptor.open(lock, O_RDWR | O_CREAT).lock()) ?? false) }
        try stage.mint()
        #expect(taken == [true, true, true, true])
    }

    // MARK: revoke beside a mint

    @Test func `a revoke beside a mint that tries again takes only what it settled itself`() throws {
        // The mint, as far as its first request: the reply was lost.
        let (lost, again) = (unresolved(0.1, expires: start + 600), unresolved(0.2, expires: start + 630))
        let folder = try JobFolder.create(in: stage.machine.disk.file("tmp"), for: Nonce(from: .fixed(0.3)))
        var mint = try stage.keep(
            stage.lease {
                $0.unresolved = [lost]
                $0.folder = folder.path
            }
        )
        var beside = try #require(try stage.store.leases(of: Session(named: "s")).leases.first)
        let description = Description(text: "again", nonce: again.nonce, run: mint.lease.run).whole
        // While revoke waits until it can be certain of the first, the mint goes on.
        var steps: [() throws -> Void] = [
            { try mint.update(.requesting(again)) },
            {
                stage.cloud.plant(description: description)
                let id = try TokenID(stage.cloud.tokens.last?.id ?? "")
                let token = Lease.Token(id: id, fingerprint: nil, expires: start + 630, description: description)
                try mint.update(.minted(token, as: again.nonce))
            },
        ]
        stage.wire.underWay = { _ in
            if !steps.isEmpty { do { try steps.removeFirst()() } catch { Issue.record(error) } }
        }
        let report = try stage.revocation().revoke(&beside, isPatient: true)
        beside.close(at: start + 60)
        #expect(steps.isEmpty && report.leftovers.isEmpty)
        #expect(stage.machine.disk.names(in: "tmp") == [FilePath.name(of: folder.path)], "the mint needs its files")

        try mint.update(.exported)
        let left = try #require(stage.records.first)
        #expect(left.tokenID?.rawValue == "t-1" && left.isExported && left.unresolved.isEmpty)
        var revoker = Revoker(try stage.parent(), in: stage.context, within: stage.budget())
        _ = try revoker.revoke(try stage.store.leases(of: Session(named: "s")).leases, isPatient: true)
        #expect(stage.cloud.tokens.isEmpty && stage.records.isEmpty)
        #expect(stage.machine.disk.names(in: "tmp").isEmpty)
    }

    @Test func `a revoke within a mint's second attempt leaves the mint its record`() throws {
        stage.cloud.answer("POST", with: .lost(.timeout, arrived: true, "no reply"))
        var posts = 0
        var reports: [RevocationReport] = []
        let stage = stage
        stage.wire.underWay = { request in
            posts += request.method == "POST" ? 1 : 0
            guard request.method == "POST", posts == 2 else { return }
            do {
                var revoker = Revoker(try stage.parent(), in: stage.context, within: stage.budget())
                let leases = try stage.store.leases(of: Session(named: "s")).leases
                reports = try revoker.revoke(leases, isPatient: false)
            } catch {
                Issue.record(error)
            }
        }
        let minted = try stage.mint()
        #expect(posts == 2 && reports.count == 1)
        #expect(stage.records.map(\.tokenID) == [minted.id])
        #expect(stage.records.map(\.isExported) == [true])
    }

    // MARK: --lease

    @Test func `of twenty mints at once with one path one succeeds, and no token is left over`() throws {
        let path = stage.machine.disk.file("tmp/lease.json")
        let cloud = stage.cloud
        let codes = Mutex<[ExitCode]>([])
        let threads = try (0..<20).map { index in
            try Thread {
                guard let machine = try? Machine(cloud) else { return }
                var context = machine.context()
                context.random = .system
                let request = MintRequest(text: "text", lifetime: .lasting(600), reason: nil)
                let code: ExitCode
                do throws(LifecycleError) {
                    _ = try mint(request, session: "\(index)", at: path, in: context)
                    code = .done
                } catch {
                    code = error.explanation.exitCode
                }
                codes.withLock { $0.append(code) }
            }
        }
        for thread in threads { thread.join() }
        #expect(codes.withLock { $0.count { $0 == .done } } == 1)
        #expect(codes.withLock { $0.count { $0 == .cannotWrite } } == 19)
        #expect(cloud.tokens.count == 1)
        let record = try #require(try LeaseStore(stage.context, path: path).leases(of: nil).leases.first)
        #expect(record.lease.tokenID?.rawValue == cloud.tokens.first?.id)
        #expect(stage.machine.disk.names(in: "tmp") == ["lease.json", "lease.json.lock"])
    }

    @Test func `whoever closes a lease leaves the record of another one at its path`() throws {
        let path = stage.machine.disk.file("tmp/lease.json")
        let first = try stage.keep(stage.lease(), at: path)
        try write("", to: path)
        let second = stage.lease { $0.unresolved = [unresolved(expires: start + 600)] }
        _ = try stage.keep(second, at: path)
        first.close(at: start)
        #expect(try LeaseStore(stage.context, path: path).leases(of: nil).leases.map(\.lease) == [second])
    }
}
