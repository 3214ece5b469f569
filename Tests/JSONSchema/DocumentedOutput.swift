internal import CloudEmulator
internal import TestBench

/// One shape of JSON as docs/reference.md shows it, by an example and a schema.
package struct DocumentedOutput {
    private let example: JSONValue
    private let schema: JSONSchema

    /// - Parameters:
    ///   - heading: under which the example is.
    ///   - schema: the name of its file.
    package init(_ heading: String, schema: String) throws {
        let page = try Repository.text("docs/reference.md")
        let section = page.split(separator: "\n### \(heading)\n").last ?? ""
        guard let start = section.firstRange(of: "```json\n")?.upperBound,
            let end = section[start...].firstRange(of: "```\n")?.lowerBound
        else { throw BenchError("docs/reference.md has no example of \(heading)") }
        example = try JSONValue(text: Array(section[start..<end].utf8))
        self.schema = try JSONSchema(file: "docs/schemas/\(schema).schema.json")
        guard section[..<start].contains("(schemas/\(schema).schema.json)") else {
            throw BenchError("\(heading) does not name its schema")
        }
    }

    /// What is wrong with the real output, or with the example; empty when both conform, and have the same members of the
    /// same types.
    package func problems(of output: String) throws -> [String] {
        let real = try JSONValue(text: Array(output.utf8))
        let (shown, found) = (Self.shape(of: example, at: "$"), Self.shape(of: real, at: "$"))
        let differences = shown.symmetricDifference(found).sorted().map { entry in
            (shown.contains(entry) ? "only in the example: " : "only in the output: ") + entry
        }
        return schema.problems(of: example).map { "example: " + $0 } + schema.problems(of: real) + differences
    }

    /// What is wrong with output of the same kind that need not have all members of the example.
    package func violations(in output: String) throws -> [String] { try schema.problems(of: output) }

    /// Every place in a document, with the type of what is there.
    private static func shape(of value: JSONValue, at path: String) -> Set<String> {
        let inside = value.members.map { ($0.value, "\(path).\($0.name)") } + value.elements.map { ($0, path + "[]") }
        return inside.reduce(into: ["\(path): \(value.typeName)"]) { $0.formUnion(shape(of: $1.0, at: $1.1)) }
    }
}
