internal import FoundationEssentials
internal import Glibc
internal import HostSystem
internal import Synchronization

/// The interface of Buildkite's agent for its job: HTTP on a socket, as the agent's source shows it.
package final class BuildkiteAgent: Sendable {
    package struct Request: Sendable {
        package var line: String
        package var fields: [String]
        package var body: String
    }

    /// What it does instead of what it should.
    package enum Answer: Sendable, Equatable {
        case asAsked
        case status(Int)
        case text(String)
        /// It takes the connection and says nothing.
        case nothing
        /// It closes the connection at once.
        case end
    }

    private struct State {
        var requests: [Request] = []
        var answer = Answer.asAsked
        var open: [Int32] = []
    }

    package let path: String
    package let token: String
    private let state = Mutex(State())
    private let listener: Int32

    package init(at path: String, token: String = "job-api-token") throws {
        (self.path, self.token) = (path, token)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw BenchError("socket", code: errno) }
        self.listener = listener
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0, listen(listener, 64) == 0 else { throw BenchError("bind \(path)", code: errno) }
        let weak = Weak(self)
        guard startThread({ Self.accept(on: listener, for: weak) }) else { throw BenchError("thread", code: errno) }
    }

    deinit {
        // Whoever waits in accept comes back.
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in state.withLock({ $0.open }) { close(descriptor) }
        unlink(path)
    }

    package var requests: [Request] { state.withLock { $0.requests } }

    package func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    /// What it was told to mask.
    package var redactions: [String] {
        requests.filter { $0.line.hasPrefix("POST /api/current-job/v0/redactions ") }.compactMap { request in
            (try? JSONDecoder().decode([String: String].self, from: Data(request.body.utf8)))?["redact"]
        }
    }

    /// The variables that it was told to set for the rest of the job.
    package var environment: [String: String] {
        requests.filter { $0.line.hasPrefix("PATCH /api/current-job/v0/env ") }.reduce(into: [:]) { all, request in
            let body = try? JSONDecoder().decode([String: [String: String]].self, from: Data(request.body.utf8))
            all.merge(body?["env"] ?? [:]) { $1 }
        }
    }

    private static func accept(on listener: Int32, for agent: Weak) {
        defer { close(listener) }
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            guard let agent = agent.value else {
                close(connection)
                return
            }
            agent.serve(connection)
        }
    }

    private func serve(_ connection: Int32) {
        switch state.withLock({ $0.answer }) {
        case .nothing: return state.withLock { $0.open.append(connection) }
        case .end: close(connection)
        case let answer:
            if let request = read(connection) {
                state.withLock { $0.requests.append(request) }
                var reply = Array(reply(to: request, answer).utf8)
                _ = send(connection, &reply, reply.count, Int32(MSG_NOSIGNAL))
            }
            close(connection)
        }
    }

    private func reply(to request: Request, _ answer: Answer) -> String {
        if case .text(let text) = answer { return text }
        var status = request.line.hasPrefix("POST") ? 201 : 200
        if !request.fields.contains("Authorization: Bearer \(token)") { status = 401 }
        if case .status(let other) = answer { status = other }
        return "HTTP/1.1 \(status) Something\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let lines = parts[0].split(separator: "\r\n").map(String.init)
            let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
            guard parts[1].utf8.count >= length else { continue }
            return Request(line: lines[0], fields: Array(lines.dropFirst()), body: String(parts[1]))
        }
    }

    private struct Weak: @unchecked Sendable {
        weak var value: BuildkiteAgent?

        init(_ value: BuildkiteAgent) { self.value = value }
    }
}
