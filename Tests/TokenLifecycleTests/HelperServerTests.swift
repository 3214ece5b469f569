import Glibc
import HostSystem
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// The socket between the helper and the server: who is answered, and who holds up nobody.
@Suite struct HelperServerTests {
    private let disk: ScratchFolder
    private let time = VirtualClock()
    private let path: String

    init() throws {
        disk = try ScratchFolder()
        // Longer than a socket's name may be.
        let folder = "folder/" + String(repeating: "long/", count: 30)
        try FileManagerFree.makeFolders(folder, in: disk)
        path = disk.file(folder + "helper")
    }

    private var client: HelperClient { HelperClient(path, within: time.budget()) }

    private func listener(_ peer: HelperPeer = .current()) throws -> HelperListener {
        try HelperListener(at: path, clock: time.clock, peer: peer)
    }

    private func ask(_ socket: borrowing PacketSocket, _ text: String = "question") {
        let isSent = socket.send(Secret(text))
        #expect(isSent)
    }

    private func arrival(_ socket: borrowing PacketSocket) -> PacketSocket.Arrival { socket.receive(limit: 100) }

    private func heard(_ socket: borrowing PacketSocket) -> String? {
        guard case .packet(let packet) = socket.receive(limit: 100) else { return nil }
        return packet.reveal { String(decoding: $0, as: UTF8.self) }
    }

    private func echo(_ packet: Secret) -> Secret? { packet }

    @Test func `only this user can reach it, at a path of any length`() throws {
        let listener = try listener()
        #expect(path.utf8.count > 107)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let socket = try PacketSocket.connect(to: path)
        ask(socket)
        listener.turn(watching: [], answer: echo)
        listener.turn(watching: [], answer: echo)
        let answer = heard(socket)
        #expect(answer == "question")
    }

    @Test func `a stranger is let go without a word`() throws {
        let listener = try listener(HelperPeer(own: geteuid() + 1, unmapped: geteuid()))
        let socket = try PacketSocket.connect(to: path)
        ask(socket)
        listener.turn(watching: [], answer: echo)
        let socketHears = arrival(socket)
        #expect(socketHears == .ended)
    }

    @Test func `who says nothing holds up nobody, and is let go after two seconds`() throws {
        let listener = try listener()
        let silent = try PacketSocket.connect(to: path)
        listener.turn(watching: [], answer: echo)
        let socket = try PacketSocket.connect(to: path)
        ask(socket)
        listener.turn(watching: [], answer: echo)
        listener.turn(watching: [], answer: echo)
        let answer = heard(socket)
        #expect(answer == "question")
        let silentHears = arrival(silent)
        #expect(silentHears == .nothingYet)
        time.advance(by: .seconds(2))
        listener.turn(watching: [], until: .zero, answer: echo)
        let silentHeard = arrival(silent)
        #expect(silentHeard == .ended)
    }

    @Test func `of a hundred who come at once all are answered`() throws {
        let listener = try listener()
        let guests = try (0..<100).map { number in
            let guest = Guest(try PacketSocket.connect(to: path))
            ask(guest.socket, "\(number)")
            return guest
        }
        for _ in 0..<4 { listener.turn(watching: [], until: .zero, answer: echo) }
        #expect(guests.map { heard($0.socket) } == (0..<100).map { "\($0)" })
    }

    @Test func `who has asked during a long answer is not let go for silence`() throws {
        let listener = try listener()
        let first = try PacketSocket.connect(to: path)
        let second = try PacketSocket.connect(to: path)
        listener.turn(watching: [], answer: echo)
        ask(first)
        listener.turn(watching: []) { packet in
            time.advance(by: .seconds(30))
            ask(second)
            return packet
        }
        listener.turn(watching: [], answer: echo)
        let answer = heard(second)
        #expect(answer == "question")
    }

    /// As where no more files can be open: who waits would make each wait end at once.
    @Test(.hangLimit) func `after somebody could not be let in, nobody is for one turn`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        close(ends[1])
        // At its end a pipe is readable, and lets nobody in.
        let listener = HelperListener(.listening(owning: ends[0]), clock: time.clock)
        listener.turn(watching: [], answer: echo)
        let socket = try PacketSocket.listen(at: path)
        try #require(dup2(socket.number, ends[0]) == ends[0])
        let guest = try PacketSocket.connect(to: path)
        ask(guest)
        listener.turn(watching: [], answer: echo)
        listener.turn(watching: [], answer: echo)
        let early = arrival(guest)
        #expect(early == .nothingYet)
        listener.turn(watching: [], answer: echo)
        let answer = heard(guest)
        #expect(answer == "question")
    }

    @Test func `a packet that is too long is not answered, nor one of nothing`() throws {
        let listener = try listener()
        let socket = try PacketSocket.connect(to: path)
        ask(socket, String(repeating: "x", count: HelperQuestion.limit + 1))
        listener.turn(watching: [], answer: echo)
        listener.turn(watching: [], answer: echo)
        let socketHears = arrival(socket)
        #expect(socketHears == .ended)
    }

    @Test func `nobody there is said in one sentence, and so is a server that says nothing`() throws {
        #expect(throws: Explanation.noHelper(FileError(.connect, path, code: ENOENT))) {
            try client.ask(CredentialRequest(.initial))
        }
        do { _ = try listener() }
        #expect(throws: Explanation.noHelper(FileError(.connect, path, code: ECONNREFUSED))) {
            try client.ask(CredentialRequest(.initial))
        }
    }
}

/// The server of `exec`, with its thread.
@Suite struct HelperThreadTests {
    private let stage: Stage
    private let path: String
    private let server: HelperServer

    init() throws {
        stage = try Stage()
        path = stage.machine.disk.file("helper")
        server = try HelperServer(at: path, in: stage.context)
    }

    private func start() throws {
        let store = LeaseStore(server.context)
        let session = Session(named: "s")
        let minter = Minter(
            server.context,
            parent: try stage.parent(),
            session: session,
            holder: .supervisor,
            store: store
        )
        try server.start(TokenPool(minter, stage.request { $0.isIsolated = false }))
    }

    private var client: HelperClient { HelperClient(path, within: stage.budget()) }

    @Test func `it answers until it is stopped, and gives back what is to be revoked`() throws {
        try start()
        let answer = try client.ask(CredentialRequest(.initial))
        #expect(
            answer == .token(Secret("value-1"), expires: VirtualClock.start + 600, backend: "https://api.pulumi.com")
        )
        #expect(try client.ask(CredentialRequest(.initial, backend: "file://~")) == .declined)
        guard let pool = server.stop(within: .seconds(60)) else {
            Issue.record("it does not end")
            return
        }
        let wasAsked = pool.wasAsked
        #expect(wasAsked)
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(stage.cloud.tokens.isEmpty && stage.records.isEmpty)
    }

    @Test(.hangLimit) func `one that was never started ends at once`() {
        let pool = server.stop(within: .seconds(36_000))
        let holdsNothing = pool == nil
        #expect(holdsNothing)
    }

    @Test func `what goes wrong is told to whoever asked`() throws {
        stage.cloud.answer("POST", with: .reply(401, #"{"code":401,"message":"unauthorized"}"#))
        try start()
        do {
            _ = try client.ask(CredentialRequest(.initial))
            Issue.record("it was answered")
        } catch {
            #expect(error.exitCode == .notAllowed)
        }
        let pool = server.stop(within: .seconds(60))
        let hasEnded = pool != nil
        #expect(hasEnded)
    }
}

/// No array holds what cannot be copied.
private final class Guest {
    let socket: PacketSocket

    init(_ socket: consuming PacketSocket) { self.socket = socket }
}

private enum FileManagerFree {
    static func makeFolders(_ path: String, in disk: ScratchFolder) throws {
        var name = ""
        for part in path.split(separator: "/") {
            name += (name.isEmpty ? "" : "/") + part
            try disk.makeFolder(name)
        }
    }
}
