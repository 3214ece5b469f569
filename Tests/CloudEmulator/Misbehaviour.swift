/// What goes wrong, and with which requests.
///
/// Everything may be combined; absent members change nothing. As JSON (`POST /_control/misbehave`) the members have the
/// same names.
package struct Misbehaviour: Codable, Equatable, Sendable {
    package enum Moment: String, Codable, Sendable {
        case beforeActing, afterActing
    }

    /// What happens to a new connection in place of its TLS handshake.
    package enum ConnectionFault: String, Codable, Sendable {
        case close, reset
        /// Silence until the client leaves.
        case hang
    }

    /// Which requests; `*` in the path stands for anything, and nil for every one.
    ///
    /// The path includes the prefix.
    package struct Matcher: Codable, Equatable, Sendable {
        package var method: String?
        package var path: String?

        package init(method: String? = nil, path: String? = nil) {
            (self.method, self.path) = (method, path)
        }
    }

    // MARK: When

    package var method: String?
    package var path: String?
    /// The first of the matching requests that is affected, counted from 1 since the script was given.
    package var nth: Int?
    /// How many in a row are affected, 1 unless said otherwise; 0 for all that follow.
    package var times: Int?

    // MARK: Acting

    /// The server's clock jumps so many seconds when the request arrives.
    package var advanceClock: Double?
    package var delayBeforeMs: Int?
    package var delayAfterMs: Int?
    /// The request waits there until `release()`, and then goes on, whether or not its client is still there.
    package var stall: Moment?
    /// Whether the request has its effect; false unless said otherwise when `status` or `redirect` is set.
    package var acts: Bool?
    /// The request has its effect only once its client has gone and then a request like this was served: before that
    /// one's reply goes out, but too late to be seen in it.
    ///
    /// The client gets no reply.
    package var commitAfter: Matcher?

    // MARK: The reply

    package var status: Int?
    package var headers: [String: String]?
    package var withoutHeaders: [String]?
    package var body: String?
    /// Members put into the JSON body in place of those of the same name.
    package var members: [String: JSONValue]?
    package var withoutMembers: [String]?
    /// 302 to this URL.
    package var redirect: String?
    /// Bytes in place of the whole reply; the connection ends after them.
    package var raw: String?

    // MARK: The connection

    package var close: Moment?
    /// RST in place of a reply.
    package var reset: Moment?
    /// No reply until the client leaves.
    package var hold: Bool?
    /// The connection ends after so many bytes of the reply.
    package var cutAfter: Int?
    /// The connection ends after so many bytes of the reply's body.
    package var cutBodyAfter: Int?
    /// One byte each so many milliseconds.
    package var dripMs: Int?
    /// A body of so many bytes, streamed until the client leaves.
    ///
    /// With their Content-Length, or in chunks when the configuration has replies in chunks.
    package var endlessBytes: Int64?
    /// The n-th new connection since the script was given, in place of a request.
    package var connection: ConnectionFault?

    package init(
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil,
        _ change: (inout Misbehaviour) -> Void = { _ in }
    ) {
        (self.method, self.path, self.nth, self.times) = (method, path, nth, times)
        change(&self)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case method, path, nth, times, advanceClock, delayBeforeMs, delayAfterMs, stall, acts, commitAfter
        case status, headers, withoutHeaders, body, members, withoutMembers, redirect, raw, close, reset, hold,
            cutAfter, cutBodyAfter, dripMs
        case endlessBytes, connection
    }

    /// Reads a script: one object, or an array of them.
    ///
    /// - Throws: `UnknownMember` for a misspelt name, so that no test passes because nothing went wrong.
    package static func script(_ json: JSONValue) throws -> [Misbehaviour] {
        let objects = json.elements.isEmpty ? [json] : json.elements
        return try objects.map { object in
            guard case .object(let members) = object else { throw EmulatorError.invalid("a script is made of objects") }
            let known = Set(CodingKeys.allCases.map(\.rawValue))
            if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
                throw UnknownMember(name: unknown)
            }
            return try decoded(Misbehaviour.self, from: try jsonBytes(object))
        }
    }

    /// Whether a status line goes out.
    var hasReply: Bool { raw == nil && close == nil && reset == nil && hold != true }

    /// For those that do not end the connection before acting.
    var shouldAct: Bool { acts ?? (status == nil && redirect == nil) }
}
