internal import COpenSSL

extension Connection {
    /// Sends a reply in the way that a misbehaviour asks for.
    func deliver(_ reply: Reply, of request: Request, with fault: Misbehaviour) -> Continuation {
        if let raw = fault.raw {
            _ = stream.write(raw.utf8)
            return .ends
        }
        let chunked = state.withLock { $0.configuration.chunkedReplies }
        if let count = fault.endlessBytes { return streamBody(of: count, after: reply, chunked: chunked) }
        var bytes = reply.serialized(chunked: chunked)
        let limit =
            fault.cutAfter ?? fault.cutBodyAfter.map { reply.serialized(chunked: chunked, toHead: true).count + $0 }
        if let limit { bytes = Array(bytes.prefix(limit)) }
        if let pause = fault.dripMs { return drip(bytes, every: pause, isCut: limit != nil) }
        guard stream.write(bytes), limit == nil else { return .ends }
        return .goesOn
    }

    private func drip(_ bytes: [UInt8], every milliseconds: Int, isCut: Bool) -> Continuation {
        for byte in bytes {
            guard stream.write(CollectionOfOne(byte)) else { return .ends }
            guard emulator_wait(stream.descriptor, stop.descriptor, Int32(milliseconds)) == EMULATOR_TIMEOUT else {
                return .ends
            }
        }
        return isCut ? .ends : .goesOn
    }

    private func streamBody(of count: Int64, after reply: Reply, chunked: Bool) -> Continuation {
        guard stream.write(reply.serialized(chunked: chunked, toHead: true)) else { return .ends }
        let block = [UInt8](repeating: UInt8(ascii: " "), count: 65_536)
        var rest = count
        while rest > 0 {
            let part = block.prefix(Int(min(rest, Int64(block.count))))
            guard stream.write(chunked ? Reply.chunk(part) : Array(part)) else { return .ends }
            rest -= Int64(part.count)
        }
        return !chunked || stream.write(Reply.chunk([])) ? .goesOn : .ends
    }
}
