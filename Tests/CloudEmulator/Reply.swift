/// One HTTP reply before it is sent.
struct Reply: Sendable {
    var status: Int
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    init(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    static func json(_ body: JSONText, status: Int = 200) -> Reply {
        Reply(status: status, fields: [("Content-Type", "application/json")], body: body.bytes)
    }

    static func text(_ text: String, status: Int) -> Reply {
        Reply(status: status, fields: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
    }

    /// An error in the shape of Pulumi's API.
    static func error(_ status: Int, _ message: String) -> Reply {
        var body = JSONText()
        body.object {
            $0.member("code", status)
            $0.member("message", message)
        }
        return json(body, status: status)
    }

    /// Sets a field in place of all of that name.
    mutating func set(_ name: String, to value: String) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        fields.append((name, value))
    }

    /// The bytes on the wire.
    ///
    /// - Parameter chunked: sends the body in chunks rather than with its length.
    func serialized(chunked: Bool = false, toHead: Bool = false) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(reasonPhrase(status))\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        let hasBody = status != 204 && status != 304
        let declaresLength = fields.contains { $0.name.lowercased() == "content-length" }
        if hasBody, chunked {
            head += "Transfer-Encoding: chunked\r\n"
        } else if hasBody, !declaresLength {
            head += "Content-Length: \(body.count)\r\n"
        }
        var bytes = Array((head + "\r\n").utf8)
        guard hasBody, !toHead else { return bytes }
        bytes += chunked ? inChunks(body) : body
        return bytes
    }

    private func inChunks(_ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: 1000) {
            bytes += Self.chunk(body[start..<min(start + 1000, body.count)])
        }
        return bytes + Self.chunk([])
    }

    /// A chunk of a body; the empty one is the last.
    static func chunk(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8)
    }
}

private func reasonPhrase(_ status: Int) -> String {
    let phrases = [
        200: "OK", 201: "Created", 204: "No Content", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
        413: "Content Too Large", 415: "Unsupported Media Type", 425: "Too Early", 429: "Too Many Requests",
        500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    return phrases[status] ?? "Status"
}
