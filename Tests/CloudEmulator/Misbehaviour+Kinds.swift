/// The usual faults by name, each for the next request that matches.
extension Misbehaviour {
    /// A reply of its own.
    ///
    /// `acting` tells whether the request has its effect nevertheless.
    package static func status(
        _ status: Int,
        headers: [String: String] = [:],
        body: String? = nil,
        acting: Bool = false,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) {
            ($0.status, $0.headers, $0.body, $0.acts) = (status, headers, body, acting)
        }
    }

    /// A refusal in the API's own words, without any effect.
    package static func refusal(
        _ status: Int,
        headers: [String: String] = [:],
        method: String? = nil,
        path: String? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        let type = ["Content-Type": "application/json"]
        return self.status(
            status,
            headers: type.merging(headers) { $1 },
            body: #"{"code":\#(status),"message":"no"}"#,
            method: method,
            path: path,
            times: times
        )
    }

    /// A server that is down and says that it will be for long, so that nobody tries again within a deadline.
    package static func longOutage(method: String? = nil) -> Misbehaviour {
        status(503, headers: ["Retry-After": "900"], method: method, times: 0)
    }

    /// RST in place of a reply.
    package static func reset(
        _ moment: Moment,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) { $0.reset = moment }
    }

    /// An end of the connection in place of a reply.
    package static func close(
        _ moment: Moment,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) { $0.close = moment }
    }

    /// Silence until the client leaves.
    package static func hold(
        acting: Bool,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) { ($0.hold, $0.acts) = (true, acting) }
    }

    /// A wait until `release()`, after which everything goes on as usual.
    package static func stall(
        _ moment: Moment,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) { $0.stall = moment }
    }

    /// An HTML page with status 200, as a captive portal sends it.
    package static func htmlPage(
        acting: Bool,
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        status(
            200,
            headers: ["Content-Type": "text/html"],
            body: "<!doctype html><title>Sign in</title>",
            acting: acting,
            method: method,
            path: path,
            nth: nth,
            times: times
        )
    }

    /// Members of the reply's JSON replaced or, with nil, removed.
    package static func members(
        _ members: [String: JSONValue?],
        method: String? = nil,
        path: String? = nil,
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: method, path: path, nth: nth, times: times) {
            $0.members = members.compactMapValues { $0 }
            $0.withoutMembers = members.filter { $0.value == nil }.map(\.key)
        }
    }

    /// A creation that happens after its client gave up and a list was served.
    package static func lateCommit(
        path: String = "/api/user/tokens",
        after: Matcher = Matcher(method: "GET", path: "/api/user/tokens"),
        nth: Int? = nil,
        times: Int? = nil
    ) -> Misbehaviour {
        Misbehaviour(method: "POST", path: path, nth: nth, times: times) { $0.commitAfter = after }
    }
}
