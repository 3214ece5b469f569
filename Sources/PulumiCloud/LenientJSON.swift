internal import FoundationEssentials
package import Redaction

/// A JSON document that may hold secrets; nil when it is none or of another shape.
package func decodedJSON<Document: Decodable>(_ text: Secret, as type: Document.Type) -> Document? {
    text.reveal { bytes in
        guard let start = bytes.baseAddress else { return nil }
        let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: start),
            count: bytes.count,
            deallocator: .none
        )
        return try? JSONDecoder().decode(type, from: data)
    }
}

/// A member that may be of another type than the published one, and is then taken for missing.
package struct Lenient<Value: Decodable>: Decodable {
    package var value: Value?

    package init(from decoder: any Decoder) throws {
        value = try? decoder.singleValueContainer().decode(Value.self)
    }
}

extension Lenient: Sendable where Value: Sendable {}

/// A whole number, also when it is written as text or with a fraction.
package struct LenientInteger: Decodable {
    package var value: Int64?

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            value = number
        } else if let number = try? container.decode(Double.self) {
            value = Int64(exactly: number.rounded(.towardZero))
        } else if let text = try? container.decode(String.self) {
            value = Int64(text)
        }
    }

    /// As Unix time or a lifetime: the API writes 0 for "never".
    package var moment: Int64? {
        value.flatMap { $0 > 0 ? $0 : nil }
    }
}
