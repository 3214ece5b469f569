import CloudEmulator

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A connection to an emulator without TLS, byte by byte.
final class Wire {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasTimedOut = false

    convenience init(_ cloud: CloudEmulator) {
        self.init(port: cloud.port)
    }

    init(port: UInt16) {
        #if canImport(Darwin)
        descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        // So that a test which waits in vain fails rather than hangs.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.send(descriptor, $0) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that no more will come.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next reply; nil when the connection ended before it was complete.
    func reply(toHead: Bool = false) -> WireReply? {
        guard let head = take(through: "\r\n\r\n") else { return nil }
        let lines = head.split(separator: "\r\n").map(String.init)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        var reply = WireReply(status: status)
        reply.fields = lines.dropFirst().compactMap { line in
            line.firstRange(of: ": ").map { (String(line[..<$0.lowerBound]), String(line[$0.upperBound...])) }
        }
        if toHead || status == 100 || status == 204 { return reply }
        guard let body = reply["Transfer-Encoding"] == "chunked" ? chunks() : length(of: reply).flatMap(take) else {
            return nil
        }
        reply.body = body
        return reply
    }

    /// Everything up to the end of the connection; nil when that did not come.
    func rest() -> [UInt8]? {
        while fill() {}
        defer { buffer = [] }
        return hasTimedOut ? nil : buffer
    }

    private func length(of reply: WireReply) -> Int? { reply["Content-Length"].flatMap { Int($0) } }

    private func chunks() -> [UInt8]? {
        var body: [UInt8] = []
        while let size = take(through: "\r\n").flatMap({ Int($0, radix: 16) }) {
            guard let chunk = take(size), take(through: "\r\n") == "" else { return nil }
            if size == 0 { return body }
            body += chunk
        }
        return nil
    }

    private func take(_ count: Int) -> [UInt8]? {
        while buffer.count < count {
            guard fill() else { return nil }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// The text before a mark.
    private func take(through mark: String) -> String? {
        let mark = Array(mark.utf8)
        while true {
            if let range = buffer.firstRange(of: mark) {
                defer { buffer.removeFirst(range.upperBound) }
                return String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        buffer += chunk.prefix(max(0, count))
        hasTimedOut = hasTimedOut || count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
        return count > 0
    }

    private static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
        #else
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        #endif
    }
}

/// What came back.
struct WireReply {
    var status: Int
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    init(status: Int) {
        self.status = status
    }

    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The document; nil when the body is none.
    var json: JSONValue? { try? JSONValue(text: body) }
}

extension CloudEmulator {
    /// One without TLS, so that tests see the bytes.
    static func plain(_ change: (inout Configuration) -> Void = { _ in }) throws -> CloudEmulator {
        var configuration = Configuration()
        configuration.plainHTTP = true
        change(&configuration)
        return try CloudEmulator(configuration)
    }

    /// Sends one request over a connection of its own.
    ///
    /// - Parameter token: the credential; the parent token of the first user when nil, and none when empty.
    func ask(
        _ method: String,
        _ path: String,
        token: String? = nil,
        type: String = "application/json",
        body: String? = nil,
        fields: [String] = []
    ) -> WireReply? {
        let wire = Wire(self)
        wire.send(request(method, path, token: token, type: type, body: body, fields: fields))
        return wire.reply(toHead: method == "HEAD")
    }

    /// The text of a request.
    func request(
        _ method: String,
        _ path: String,
        token: String? = nil,
        type: String = "application/json",
        body: String? = nil,
        fields: [String] = []
    ) -> String {
        let token = token ?? parentToken()
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + fields
        if !token.isEmpty { lines.append("Authorization: token \(token)") }
        if let body { lines += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    /// Creates a token; the reply.
    func mint(_ body: String = #"{"description":"one","expires":0}"#, token: String? = nil) -> WireReply? {
        ask("POST", "/api/user/tokens", token: token, body: body)
    }

    /// The value of a new token.
    func minted(token: String? = nil) -> (id: String, value: String) {
        let reply = mint(token: token)?.json
        return (reply?["id"]?.text ?? "", reply?["tokenValue"]?.text ?? "")
    }
}
