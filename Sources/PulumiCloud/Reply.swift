internal import HTTPTransport
internal import JSON
internal import Secrets

extension HTTPResponse {
    /// Unix time, seconds, of the `Date` field.
    var serverTime: Int64? {
        self["Date"].flatMap { unixTime(ofHTTPDate: $0) }
    }

    /// What support asks for; nil when it does not look like one.
    ///
    /// Never a part of it: a part of a secret is not recognised as one.
    var requestID: String? {
        self["X-Pulumi-Request-ID"].map { oneLine($0, limit: .max) }.flatMap { (1...100).contains($0.count) ? $0 : nil }
    }

    /// `Retry-After` in seconds, or as a date against the server's own clock; nil when it is neither.
    func retryAfter(now: Int64) -> Duration? {
        guard let field = self["Retry-After"] else { return nil }
        if !field.isEmpty, field.utf8.allSatisfy(\.isDigit) {
            return .seconds(min(Int64(field) ?? .max, Self.longestWait))
        }
        guard let moment = unixTime(ofHTTPDate: field) else { return nil }
        return .seconds(min(max(0, moment - (serverTime ?? now)), Self.longestWait))
    }

    /// A year: enough to be beyond every deadline, too little to overflow.
    private static var longestWait: Int64 { 365 * 86400 }

    /// The body as a JSON object; nil when it is none.
    var object: JSONNode? {
        JSONDocument(body).flatMap { $0.root.isObject ? $0.root : nil }
    }

    /// The body of a refusal that is no JSON, as text for people; "" for a web page, and for what is too long to be
    /// meant for people.
    var plainText: String {
        body.reveal { bytes in
            guard bytes.count <= 64 << 10 else { return "" }
            let text = String(decoding: bytes, as: UTF8.self)
            let start = text.drop { $0.isWhitespace }
            return start.hasPrefix("<") || start.hasPrefix("{") || start.hasPrefix("[") ? "" : text
        }
    }
}
