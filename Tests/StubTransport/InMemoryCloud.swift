package import HTTPTransport
internal import HostSystem
internal import Synchronization

/// A small Pulumi Cloud without a network: mints, lists by pages, deletes; may refuse by a limit.
///
/// For tests of many clients or many tokens on a virtual clock; the real protocol is the emulator's business.
package final class InMemoryCloud: HTTPTransport, Sendable {
    package struct Token: Sendable {
        /// The resource that lists it, such as `/api/orgs/acme/tokens`.
        package var place: String
        /// Of an organization's or a team's token.
        package var name: String
        package var id: String
        package var value: String
        package var description: String
        package var expires: Int64
        package var created: Int64
        package var lastUsed: Int64
    }

    /// So many requests in any so many seconds; beyond, 429.
    package struct Limit: Sendable {
        package var count: Int
        package var seconds: Int64
        package var saysWhen: Bool

        package init(count: Int, seconds: Int64, saysWhen: Bool = true) {
            (self.count, self.seconds, self.saysWhen) = (count, seconds, saysWhen)
        }
    }

    fileprivate struct State {
        var tokens: [Token] = []
        var requests: [(line: String, at: Int64)] = []
        var accepted: [Int64] = []
        var serial = 0
        /// Taken for ever.
        var names: Set<String> = []
        /// What the next matching request is answered with instead.
        var script: [(prefix: String, acts: Bool, reply: StubTransport.Reply)] = []
    }

    fileprivate let state = Mutex(State())
    private let now: @Sendable () -> Int64
    private let limit: Limit?
    package let pageSize: Int

    /// - Parameter now: the server's Unix time, seconds.
    package init(now: @escaping @Sendable () -> Int64, limit: Limit? = nil, pageSize: Int = 1000) {
        (self.now, self.limit, self.pageSize) = (now, limit, pageSize)
    }

    package var tokens: [Token] { state.withLock(\.tokens) }
    /// Where personal tokens are.
    package static let userTokens = "/api/user/tokens"

    /// `METHOD /path?query`, in the order of arrival.
    package var requests: [String] { state.withLock { $0.requests.map(\.line) } }

    /// Adds a token that somebody minted earlier.
    package func plant(
        description: String,
        age: Int64 = 3600,
        expires: Int64 = 4_000_000_000,
        lastUsed: Int64 = 0,
        in place: String = userTokens
    ) {
        let created = now() - age
        state.withLock {
            _ = $0.add(place, description: description, expires: expires, created: created, lastUsed: lastUsed)
        }
    }

    /// As if a job had worked with a token.
    package func use(_ id: String) {
        let time = now()
        state.withLock { state in
            for index in state.tokens.indices where state.tokens[index].id == id { state.tokens[index].lastUsed = time }
        }
    }

    /// Answers the next request whose line begins so with something else.
    package func answer(_ prefix: String, acting: Bool = false, with reply: StubTransport.Reply) {
        state.withLock { $0.script.append((prefix, acting, reply)) }
    }

    /// Answers no request whose line begins so, for as long as any command tries.
    package func fail(_ prefix: String) {
        for _ in 0..<200 { answer(prefix, with: .reply(503, #"{"code":503}"#)) }
    }

    /// From now on everything is answered as it should be.
    package func behave() { state.withLock { $0.script = [] } }

    package func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        while let request = next() { completed(request, reply(to: request)) }
    }

    private func reply(to request: HTTPRequest) -> StubTransport.Reply {
        let path = String(request.url.dropFirst("https://api.pulumi.com".count))
        let line = "\(request.method) \(path)"
        let time = now()
        return state.withLock { state in
            state.requests.append((line, time))
            if let refusal = refuse(&state, at: time) { return refusal }
            if let index = state.script.firstIndex(where: { line.hasPrefix($0.prefix) }) {
                let script = state.script.remove(at: index)
                if script.acts { _ = act(on: request, path, &state, time) }
                return script.reply
            }
            return act(on: request, path, &state, time)
        }
    }

    private func refuse(_ state: inout State, at time: Int64) -> StubTransport.Reply? {
        guard let limit else { return nil }
        state.accepted.removeAll { $0 <= time - limit.seconds }
        guard state.accepted.count >= limit.count else {
            state.accepted.append(time)
            return nil
        }
        let wait = state.accepted[state.accepted.count - limit.count] + limit.seconds - time
        return .reply(429, #"{"code":429}"#, fields: limit.saysWhen ? [("Retry-After", "\(wait)")] : [])
    }

    private func act(
        on request: HTTPRequest,
        _ path: String,
        _ state: inout State,
        _ time: Int64
    ) -> StubTransport.Reply {
        let date = [("Date", httpDate(time))]
        let resource = String(path.prefix { $0 != "?" })
        switch request.method {
        case "POST": return create(in: resource, request.text, &state, time)
        case "DELETE":
            let id = resource.split(separator: "/").last.map(String.init) ?? ""
            let place = String(resource.dropLast(id.count + 1))
            guard let index = state.tokens.firstIndex(where: { $0.id == id && $0.place == place }) else {
                return .reply(404, #"{"code":404,"message":"token not found"}"#, fields: date)
            }
            state.tokens.remove(at: index)
            return .reply(204, "", fields: date)
        default:
            if path == "/api/user" { return .reply(200, #"{"githubLogin":"alice"}"#, fields: date) }
            return page(of: state.tokens.filter { $0.place == resource }, path, date)
        }
    }

    private func create(in place: String, _ body: String, _ state: inout State, _ time: Int64) -> StubTransport.Reply {
        let date = [("Date", httpDate(time))]
        let name = body.between("\"name\":\"", "\"")
        guard name.isEmpty || state.names.insert(name).inserted else {
            return .reply(409, #"{"code":409,"message":"token name already exists"}"#, fields: date)
        }
        let token = state.add(
            place,
            name: name,
            description: body.between("\"description\":\"", "\",\"expires\""),
            expires: Int64(body.between("\"expires\":", "").prefix { $0.isNumber }) ?? 0,
            created: time,
            lastUsed: 0
        )
        return .reply(200, #"{"id":"\#(token.id)","tokenValue":"\#(token.value)"}"#, fields: date)
    }

    private func page(of all: [Token], _ path: String, _ date: [(String, String)]) -> StubTransport.Reply {
        let start = Int(path.between("continuationToken=", "")) ?? 0
        let tokens = all[min(start, all.count)...].prefix(pageSize)
        let rows = tokens.map { token in
            #"{"id":"\#(token.id)","name":"\#(token.name)","description":"\#(token.description)","#
                + #""expires":\#(token.expires),"created":"\#(Moment(token.created))","lastUsed":\#(token.lastUsed)}"#
        }
        let end = start + tokens.count
        let more = end < all.count ? #","continuationToken":"\#(end)""# : ""
        return .reply(200, "{\"tokens\":[\(rows.joined(separator: ","))]\(more)}", fields: date)
    }
}

extension InMemoryCloud.State {
    @discardableResult
    fileprivate mutating func add(
        _ place: String,
        name: String = "",
        description: String,
        expires: Int64,
        created: Int64,
        lastUsed: Int64
    ) -> InMemoryCloud.Token {
        serial += 1
        let token = InMemoryCloud.Token(
            place: place,
            name: name,
            id: "t-\(serial)",
            value: "value-\(serial)",
            description: description,
            expires: expires,
            created: created,
            lastUsed: lastUsed
        )
        tokens.append(token)
        return token
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`; the day of the week is not looked at by anybody.
private func httpDate(_ unixTime: Int64) -> String {
    let text = Moment(unixTime).description
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.dropLast().split { "-T".contains($0) }.map(String.init)
    let month = months[(Int(parts[1]) ?? 1) - 1]
    return "Sun, \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
}

extension String {
    /// What stands between two marks; to the end when the second is empty.
    fileprivate func between(_ start: String, _ end: String) -> String {
        guard let first = ranges(of: start).first else { return "" }
        let rest = self[first.upperBound...]
        guard !end.isEmpty else { return String(rest) }
        return rest.ranges(of: end).first.map { String(rest[..<$0.lowerBound]) } ?? ""
    }
}
