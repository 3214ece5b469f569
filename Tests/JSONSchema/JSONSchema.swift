package import CloudEmulator
internal import TestBench

/// As much of JSON Schema (draft 2020-12) as the schemas of the documentation use: a keyword that it does not know is a
/// problem, so that nothing is passed over.
package struct JSONSchema {
    private let root: JSONValue

    /// - Parameter file: below the repository.
    package init(file: String) throws {
        root = try JSONValue(text: Array(try Repository.text(file).utf8))
    }

    /// What is wrong with a document; empty when it conforms.
    package func problems(of document: some StringProtocol) throws -> [String] {
        problems(of: try JSONValue(text: Array(document.utf8)))
    }

    package func problems(of value: JSONValue) -> [String] { Self.problems(of: value, root, at: "$") }

    private static let remarks: Set = ["$schema", "title", "description", "then"]

    private static func problems(of value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard case .object(let keywords) = schema else { return ["\(path): not a schema"] }
        return keywords.sorted { $0.key < $1.key }.filter { !remarks.contains($0.key) }.flatMap { keyword, rule in
            problems(of: value, keyword, rule, in: schema, at: path)
        }
    }

    private static func problems(
        of value: JSONValue,
        _ keyword: String,
        _ rule: JSONValue,
        in schema: JSONValue,
        at path: String
    ) -> [String] {
        func check(_ isRight: Bool) -> [String] { isRight ? [] : ["\(path): \(value) against \(keyword) \(rule)"] }
        switch keyword {
        case "type": return check(([rule] + rule.elements).contains { $0.text == value.typeName })
        case "const": return check(value == rule)
        case "enum": return check(rule.elements.contains(value))
        case "minimum": return check(value.wholeNumber.map { $0 >= rule.wholeNumber ?? 0 } ?? true)
        case "maximum": return check(value.wholeNumber.map { $0 <= rule.wholeNumber ?? 0 } ?? true)
        case "minLength": return check(value.text.map { $0.count >= rule.wholeNumber ?? 0 } ?? true)
        case "pattern":
            guard let text = value.text, let pattern = try? Regex(rule.text ?? "(") else { return check(false) }
            return check(text.firstMatch(of: pattern) != nil)
        case "required":
            return rule.elements.compactMap(\.text).filter { value[$0] == nil }.map { "\(path): \($0) is missing" }
        case "properties":
            return rule.members.flatMap { name, rule in
                value[name].map { problems(of: $0, rule, at: "\(path).\(name)") } ?? []
            }
        case "additionalProperties":
            guard rule == .bool(false) else { return ["\(path): unknown form of \(keyword)"] }
            let known = Set((schema["properties"]?.members ?? []).map(\.name))
            return value.members.map(\.name).filter { !known.contains($0) }.map { "\(path): \($0) is not known" }
        case "items":
            return value.elements.enumerated().flatMap { problems(of: $1, rule, at: "\(path)[\($0)]") }
        case "allOf": return rule.elements.flatMap { problems(of: value, $0, at: path) }
        case "if":
            guard problems(of: value, rule, at: path).isEmpty, let then = schema["then"] else { return [] }
            return problems(of: value, then, at: path)
        default: return ["\(path): the keyword \(keyword) is not known"]
        }
    }
}

extension JSONValue {
    /// The members of an object, sorted by name; none of anything else.
    var members: [(name: String, value: JSONValue)] {
        guard case .object(let members) = self else { return [] }
        return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
