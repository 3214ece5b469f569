internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets

/// One line of a file of events, as far as a summary needs it.
struct ToldEvent {
    /// Why a line is not an event, for people.
    enum Problem: String, Error {
        case tooLong = "it is longer than any event"
        case notAnObject = "it is not a JSON object"
        case version = "its version is not 1"
        case event = "its event is not known"
        case time = "its time is not a moment in RFC 3339"
        case number = "its durationMs or its expires is not a number from 0 on"
        case id = "its id is not the ID of a token"
    }

    var name: TrailEvent.Name
    /// Unix time, seconds.
    var time: Int64
    var token: TokenID?
    /// Unix time, seconds.
    var expires: Int64?
    /// Milliseconds.
    var duration: Int64?
    var session: String?

    init(_ line: [UInt8]) throws(Problem) {
        guard let text = JSONDocument(Secret(line))?.root, text.isObject else { throw .notAnObject }
        guard text["version"]?.integer == 1 else { throw .version }
        guard let name = text["event"]?.string.flatMap(TrailEvent.Name.init) else { throw .event }
        guard let time = text["time"]?.string.flatMap(Moment.init(parsing:)) else { throw .time }
        self.name = name
        self.time = time.unixTime
        expires = try Self.number(text["expires"]).map { min($0, JSONNode.lastMoment) }
        duration = try Self.number(text["durationMs"])
        session = text["session"]?.string
        guard let id = text["id"] else { return }
        guard let token = id.string.flatMap(TokenID.init) else { throw .id }
        self.token = token
    }

    private static func number(_ text: JSONNode?) throws(Problem) -> Int64? {
        guard let text else { return nil }
        guard let number = text.integer, number >= 0 else { throw .number }
        return number
    }

    /// When the token's life ended; nil when this does not end it.
    var end: Int64? {
        switch name {
        case .revoked, .recovered: time
        // It was noticed later than it happened.
        case .expired, .gone: min(time, expires ?? time)
        case .minted, .exported, .notRevoked, .refused: nil
        }
    }
}
