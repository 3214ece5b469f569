internal import FoundationEssentials

/// Any JSON document.
package enum JSONValue: Sendable, Equatable, Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Decodes a document.
    package init(text: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(text))
    }

    /// The member of an object; nil for anything else.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var wholeNumber: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var elements: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    /// The document with the members of `other` put over its own, object by object.
    ///
    /// - Throws: `UnknownMember` when `other` has one that this document has not.
    func overlaid(with other: JSONValue, at path: String = "") throws(UnknownMember) -> JSONValue {
        guard case .object(var members) = self, case .object(let changes) = other else { return other }
        for (name, change) in changes {
            guard let current = members[name] else { throw UnknownMember(name: path + name) }
            // Claims are free: a set of them replaces the other.
            members[name] = name == "claims" ? change : try current.overlaid(with: change, at: path + name + ".")
        }
        return .object(members)
    }
}

/// A misspelt switch or misbehaviour.
package struct UnknownMember: Error, Equatable, CustomStringConvertible {
    package var name: String
    package var description: String { "unknown member \(name)" }
}

/// Encodes a value as a JSON document with sorted members.
func jsonBytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
}
