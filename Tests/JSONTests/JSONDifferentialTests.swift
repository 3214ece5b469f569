import FoundationEssentials
import JSON
import Secrets
import TestBench
import Testing

/// Our reader against the one of the standard library, on documents that are right or nearly so.
@Suite(.ownThreads) struct JSONDifferentialTests {
    private indirect enum Value: Decodable, Equatable {
        case null, bool(Bool), number(Double), string(String), array([Value]), object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .string(value)
            } else if let value = try? container.decode([Value].self) {
                self = .array(value)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        init(_ node: JSONNode) {
            if node.isNull {
                self = .null
            } else if let value = node.bool {
                self = .bool(value)
            } else if let value = node.string {
                self = .string(value)
            } else if let elements = node.elements {
                self = .array(elements.map { Value($0) })
            } else if node.isObject {
                self = .object(Dictionary(node.members.map { ($0.name, Value($0.value)) }) { $1 })
            } else {
                self = .number(Double(node.integer ?? 0))
            }
        }

        /// Numbers are compared as far as our reader takes them: whole ones.
        var wholeNumbers: Value {
            switch self {
            case .number(let value): .number(value.magnitude < 1e15 ? value.rounded(.towardZero) : 0)
            case .array(let values): .array(values.map(\.wholeNumbers))
            case .object(let values): .object(values.mapValues(\.wholeNumbers))
            default: self
            }
        }
    }

    private static let seeds = [
        #"{"tokens":[{"id":"1","description":"d [x]","lastUsed":0,"expires":1800000000}],"continuationToken":null}"#,
        #"{"code":401,"message":"no\u0041\n\"","errors":[{"resource":"r","errorType":"e"}]}"#,
        #"[1,-2.5e3,true,false,null,"",[],{},[[{"a":[1,2,{"b":"c"}]}]]]"#,
        #"{"access_token":"x","expires_in":"60","scope":"","nested":{"a":{"b":{"c":{}}}}}"#,
        #""\ud83d\ude00 \\ \/ \b\f\r\t""#,
    ]

    @Test func `mutated documents are accepted or refused alike, and mean the same`() {
        var generator = SeededGenerator(seed: 2026)
        let alphabet = Array("{}[],:\"\\0123456789.eE+-truefalsn u\n\t ab/".utf8)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            let theirs = try? JSONDecoder().decode(Value.self, from: Data(bytes))
            let ours = JSONDocument(Secret(bytes)).map { Value($0.root) }
            let text = String(decoding: bytes, as: UTF8.self)
            // Theirs lets a comma stand before an end, and has no numbers beyond those of the processor.
            if ours == nil, theirs != nil, text.contains(/,\s*[}\]]/) { continue }
            if theirs == nil, ours != nil, text.contains(/[eE]\+?[3-9]\d\d/) { continue }
            #expect(theirs?.wholeNumbers == ours?.wholeNumbers, "\(text)")
            accepted += ours == nil ? 0 : 1
        }
        #expect((4000..<19_000).contains(accepted), "the mutations are neither all right nor all wrong: \(accepted)")
    }
}
