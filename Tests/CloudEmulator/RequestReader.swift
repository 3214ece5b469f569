/// Cuts a connection's bytes into requests; heads up to 64 KiB, bodies up to 16 MiB.
struct RequestReader {
    static let headLimit = 64 << 10
    static let bodyLimit = 16 << 20

    /// Why there is no request.
    enum Failure: Error, Equatable {
        /// The client is gone.
        case ended
        /// The client must be answered with this status, then the connection ends.
        case refused(Int)
    }

    private var buffer: [UInt8] = []
    private let stream: Stream

    init(stream: Stream) {
        self.stream = stream
    }

    mutating func next() throws(Failure) -> Request {
        var request = try parsedHead(try head())
        if request["Expect"]?.lowercased() == "100-continue" {
            guard stream.write("HTTP/1.1 100 Continue\r\n\r\n".utf8) else { throw .ended }
        }
        request.body = try body(of: request)
        return request
    }

    /// The lines before the empty one.
    private mutating func head() throws(Failure) -> [UInt8] {
        var searched = 0
        while true {
            if let end = endOfHead(from: searched) {
                defer { buffer.removeFirst(end + 4) }
                return Array(buffer[..<end])
            }
            guard buffer.count <= Self.headLimit else { throw .refused(431) }
            // A client that speaks TLS to a server without would wait for an answer just as long as we for a line.
            if let first = buffer.first, !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
                throw .refused(400)
            }
            searched = max(0, buffer.count - 3)
            guard stream.read(into: &buffer) else { throw .ended }
        }
    }

    private func endOfHead(from start: Int) -> Int? {
        buffer.withUnsafeBufferPointer { bytes in
            var index = start
            while index + 3 < bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                    return index
                }
                index += 1
            }
            return nil
        }
    }

    private func parsedHead(_ head: [UInt8]) throws(Failure) -> Request {
        var lines = head.split(separator: 10).map { $0.last == 13 ? $0.dropLast() : $0 }
        guard !lines.isEmpty else { throw .refused(400) }
        let start = lines.removeFirst().split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
        guard start.count == 3, start[1].hasPrefix("/"), start[2].hasPrefix("HTTP/1.") else { throw .refused(400) }
        var fields: [(name: String, value: String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .refused(400) }
            let value = line[(colon + 1)...].drop { $0 == 32 || $0 == 9 }
            fields.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        let target = start[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var request = Request(
            method: start[0],
            path: percentDecoded(target[0]),
            query: target.count > 1 ? String(target[1]) : "",
            fields: fields
        )
        request.keepsAlive = start[2] == "HTTP/1.1" && request["Connection"]?.lowercased() != "close"
        return request
    }

    private mutating func body(of request: Request) throws(Failure) -> [UInt8] {
        if let encoding = request["Transfer-Encoding"] {
            guard encoding.lowercased() == "chunked", request["Content-Length"] == nil else { throw .refused(400) }
            return try chunkedBody()
        }
        guard let length = request["Content-Length"] else { return [] }
        guard let count = Int(length), count >= 0 else { throw .refused(400) }
        guard count <= Self.bodyLimit else { throw .refused(413) }
        return try bytes(count)
    }

    private mutating func chunkedBody() throws(Failure) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let size = try line().split(separator: ";").first.map(String.init) ?? ""
            guard let count = Int(size, radix: 16), count >= 0 else { throw .refused(400) }
            guard body.count + count <= Self.bodyLimit else { throw .refused(413) }
            if count == 0 { break }
            body += try bytes(count)
            guard try line().isEmpty else { throw .refused(400) }
        }
        while try !line().isEmpty {}
        return body
    }

    private mutating func bytes(_ count: Int) throws(Failure) -> [UInt8] {
        while buffer.count < count {
            guard stream.read(into: &buffer) else { throw .ended }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private mutating func line() throws(Failure) -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end]
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
            }
            guard buffer.count <= Self.headLimit else { throw .refused(400) }
            guard stream.read(into: &buffer) else { throw .ended }
        }
    }
}
