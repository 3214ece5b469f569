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
        self = try decoded(JSONValue.self, from: text)
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

/// Decodes a document, or says in a sentence what is wrong with it.
///
/// - Throws: `EmulatorError.invalid`.
func decoded<Value: Decodable>(_ type: Value.Type, from text: some Sequence<UInt8>) throws(EmulatorError) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(text))
    } catch DecodingError.keyNotFound(let key, _) {
        throw .invalid("\(key.stringValue) is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
        throw .invalid("\(name(of: context.codingPath)) is of another type")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
        throw .invalid("\(name(of: context.codingPath)) has a value that is unknown")
    } catch {
        throw .invalid("this is no JSON")
    }
}

/// Decodes an object all of whose members are known.
///
/// - Throws: `UnknownMember` or `EmulatorError.invalid`.
func strictlyDecoded<Value: Codable>(_ type: Value.Type, from text: some Sequence<UInt8>) throws -> Value {
    let value = try decoded(type, from: text)
    guard case .object(let given) = try JSONValue(text: text),
        case .object(let known) = try JSONValue(text: jsonBytes(value))
    else { return value }
    if let unknown = given.keys.sorted().first(where: { known[$0] == nil }) { throw UnknownMember(name: unknown) }
    return value
}

private func name(of path: [any CodingKey]) -> String {
    path.isEmpty ? "the document" : path.map(\.stringValue).joined(separator: ".")
}

/// Encodes a value as a JSON document with sorted members.
func jsonBytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
}
