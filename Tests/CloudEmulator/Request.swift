/// One HTTP request as it arrived.
struct Request: Sendable {
    var method: String
    /// Percent-decoded, without query.
    var path: String
    /// As it was sent, without the question mark.
    var query: String
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []
    var keepsAlive = true

    /// The first value of a header field, whatever the case of its name.
    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The first value of a query parameter, decoded.
    func queryValue(_ name: String) -> String? {
        formMembers(query).first { $0.name == name }?.value
    }

    /// The media type of the body, lower case, without parameters.
    var mediaType: String {
        let value = self["Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        return value.lowercased().filter { $0 != " " }
    }
}

/// The members of a query or of an `application/x-www-form-urlencoded` body, decoded.
func formMembers(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "&").map { member in
        let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (
            percentDecoded(parts[0], plusIsSpace: true),
            parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : ""
        )
    }
}

/// Resolves `%XX`; a malformed escape stays as it is.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    let source = Array(text.utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
        if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
            let high = hexDigit(source[index + 1]), let low = hexDigit(source[index + 2])
        {
            bytes.append(high << 4 | low)
            index += 3
        } else {
            bytes.append(plusIsSpace && source[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : source[index])
            index += 1
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
