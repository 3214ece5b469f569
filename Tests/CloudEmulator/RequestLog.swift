/// A request as the server saw it.
package struct RecordedRequest: Codable, Equatable, Sendable {
    /// A header field.
    package struct Field: Codable, Equatable, Sendable {
        package var name: String
        package var value: String
    }

    /// From 1, in the order of arrival.
    package var number: Int
    /// From 1; requests with the same number came over one connection.
    package var connection: Int
    package var method: String
    /// Decoded, without query.
    package var path: String
    /// As sent, without question mark.
    package var query: String
    /// All but `Authorization`.
    package var fields: [Field]
    /// Whose credential came: `parent:LOGIN:ID`, `minted:LOGIN:ID`, `exchanged:…`, `machine:…`, `identity-request`,
    /// `unknown SCHEME`, or `none`.
    package var credential: String
    package var body: String
    /// Unix time of the server's clock, seconds.
    package var time: Double
    /// Seconds of a clock that is never set.
    package var monotonicTime: Double
    /// What was answered; 0 while it is not, or when the connection was cut instead.
    package var status = 0

    /// The first value of a header field, whatever the case of its name.
    package subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What was asked, for tests to look at.
struct RequestLog: Sendable {
    /// Older ones stay, newer ones are only counted.
    static let limit = 200_000

    private(set) var requests: [RecordedRequest] = []
    private(set) var count = 0

    /// - Returns: the position, for `setStatus`.
    mutating func add(_ request: Request, connection: Int, credential: String, time: Double) -> Int {
        count += 1
        guard requests.count < Self.limit else { return -1 }
        requests.append(
            RecordedRequest(
                number: count,
                connection: connection,
                method: request.method,
                path: request.path,
                query: request.query,
                fields: request.fields.compactMap { name, value in
                    name.lowercased() == "authorization" ? nil : .init(name: name, value: value)
                },
                credential: credential,
                body: String(decoding: request.body, as: UTF8.self),
                time: time,
                monotonicTime: monotonicTime()
            )
        )
        return requests.count - 1
    }

    mutating func setStatus(_ status: Int, at position: Int) {
        guard requests.indices.contains(position) else { return }
        requests[position].status = status
    }
}
