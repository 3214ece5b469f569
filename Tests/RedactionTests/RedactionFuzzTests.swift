import Glibc
import Secrets
import TestBench
import Testing

@testable import Redaction

/// Random secrets and random outputs, with a seed for each input, so that one that fails can be run again alone.
@Suite(.ownThreads) struct RedactionFuzzTests {
    /// 300 inputs; 5,000 with `scripts/test --exhaustive`.
    private static let count: UInt64 = getenv("PULUMI_TOKEN_TESTS_EXHAUSTIVE") == nil ? 300 : 5000

    @Test func `whatever comes, in whatever pieces, is filtered as a simple filter does it`() {
        for seed in 0..<Self.count {
            var generator = SeededGenerator(seed: seed)
            let input = FuzzInput(using: &generator)
            let forms = input.secrets.flatMap { redactionForms(of: Secret($0)) }
            let table = PatternTable(hiding: input.secrets.map { Secret($0) })
            let shown = filtered(cut(input.text, using: &generator), by: table)
            #expect(shown == ReferenceFilter(forms: forms).shown(input.text), "seed \(seed)")
            let unbroken = UnbrokenText(shown[...]).bytes
            for (name, encoded) in input.encoded {
                #expect(occurrences(of: encoded, in: shown).isEmpty, "seed \(seed): \(name)")
                guard name.hasSuffix("in lines") else { continue }
                #expect(occurrences(of: encoded, in: unbroken).isEmpty, "seed \(seed): \(name)")
            }
        }
    }
}

/// What a command may write: secrets as other programs encode them, cut off, running into one another.
private struct FuzzInput {
    var secrets: [[UInt8]]
    var text: [UInt8] = []
    /// What must not be seen in the end, made without a look at the room.
    var encoded: [(name: String, bytes: [UInt8])] = []

    init(using generator: inout SeededGenerator) {
        secrets = (0..<generator.number(1...3)).map { _ in Self.secret(using: &generator) }
        // Secrets that begin, end or overlap as another does.
        if generator.once(in: 3) { secrets.append(Array(secrets[0].suffix(12)) + generator.bytes(8, of: "0123abcd")) }
        if generator.once(in: 3) { secrets.append(Array(secrets[0].dropFirst(2))) }
        for _ in 0..<generator.number(0...12) {
            switch generator.number(0...4) {
            case 0: text += generator.bytes(generator.number(0...40)).map { $0 == 0x2A ? 0 : $0 }
            case 1: text += generator.bytes(generator.number(0...40), of: "pul-0123456789abcdef%=\n")
            case 2: text += secrets[generator.number(0...secrets.count - 1)].prefix(generator.number(0...44))
            default: plant(using: &generator)
            }
        }
    }

    private static func secret(using generator: inout SeededGenerator) -> [UInt8] {
        switch generator.number(0...3) {
        case 0: generator.bytes(generator.number(12...60), of: "0123456789abcdef")
        case 1: Array("eyJ".utf8) + generator.bytes(generator.number(20...400), of: "abcXYZ019-_.")
        default: Array(generator.token().utf8)
        }
    }

    /// Writes a secret as some program would, now and then right into the end of what is there.
    private mutating func plant(using generator: inout SeededGenerator) {
        let secret = secrets[generator.number(0...secrets.count - 1)]
        let before = generator.bytes(generator.number(0...5), of: "user:xy")
        let after = generator.bytes(generator.number(0...5), of: "@host\n")
        let kind = generator.number(0...11)
        let whole = before + secret + after
        switch kind {
        case 0: add("raw", before, secret, after)
        case 1, 2:
            let parts = [before, secret, after].map { Encoding.hex($0, uppercase: kind == 2) }
            addInLines("hex", parts[0], parts[1], parts[2], using: &generator)
        case 6...11: plantRare(kind, before, secret, after, using: &generator)
        case 3:
            let percent: [[UInt8]] = secret.map { [0x25] + Encoding.hex([$0]) }
            add("percent", before, Array(percent.joined()), after)
        default:
            let encoded = kind == 4 ? Encoding.base64(whole) : Encoding.base64URL(whole)
            // The characters that hold bits of the secret alone.
            let start = (before.count * 8 + 5) / 6
            let end = (before.count + secret.count) * 8 / 6
            let parts = [encoded[..<start], encoded[start..<end], encoded[end...]].map { Array($0) }
            addInLines("base64", parts[0], parts[1], parts[2], using: &generator)
        }
        if generator.once(in: 3) { text.removeLast(min(text.count, generator.number(0...2))) }
    }

    /// Only the part behind the public prefix must not be seen.
    private mutating func plantRare(
        _ kind: Int,
        _ before: [UInt8],
        _ secret: [UInt8],
        _ after: [UInt8],
        using generator: inout SeededGenerator
    ) {
        let hasPrefix = secret.starts(with: "pul-".utf8)
        let part = hasPrefix ? Array(secret.dropFirst(4)) : secret
        let before = hasPrefix ? before + Array("pul-".utf8) : before
        switch kind {
        case 6: add("upper case", before, String(decoding: part, as: UTF8.self).uppercased().utf8.map { $0 }, after)
        case 7:
            let (inner, outer) = (generator.number(0...2), generator.number(0...2))
            let text =
                [UInt8](repeating: 0x78, count: outer) + Encoding.base64([UInt8](repeating: 0x79, count: inner) + part)
            text.isEmpty ? () : addInLines("base64 twice", [], Encoding.base64(text + [0x0A]), after, using: &generator)
            // What surrounds it shares characters with it.
            let once = Encoding.base64InAllPlaces(part)[inner]
            encoded[encoded.count - 1].bytes = Encoding.base64InAllPlaces(once)[(outer + (inner * 8 + 5) / 6) % 3]
        case 8:
            let isDecimal = generator.once(in: 3)
            let between =
                isDecimal
                ? [", ", " ", ","][generator.number(0...2)] : [" ", ":", "-", ",", ", "][generator.number(0...4)]
            let list = Encoding.list(
                part,
                radix: isDecimal ? 10 : 16,
                uppercase: generator.once(in: 2),
                between: between
            )
            add("list", before, list, after)
        case 9:
            let style = [("0x", ", "), ("0x", ","), ("0x", " "), ("\\x", "")][generator.number(0...3)]
            add("prefixed list", before, Encoding.list(part, radix: 16, before: style.0, between: style.1), after)
        case 10:
            let offset = generator.number(0...4)
            let whole = Encoding.base32([UInt8](repeating: 0x78, count: offset) + part + after)
            addInLines("base32", [], whole, [], using: &generator)
            encoded[encoded.count - 1].bytes = Encoding.base32InAllPlaces(part)[offset]
        default: add("UTF-16", [], Encoding.utf16(part), [])
        }
    }

    /// Adds an encoding in one line, or broken as programs do it.
    private mutating func addInLines(
        _ name: String,
        _ before: [UInt8],
        _ secret: [UInt8],
        _ after: [UInt8],
        using generator: inout SeededGenerator
    ) {
        guard generator.once(in: 2) else { return add(name, before, secret, after) }
        let width = [32, 60, 64, 76, generator.number(32...100)][generator.number(0...4)]
        let filler = generator.bytes(generator.number(0...width), of: "0123456789")
        let lineEnd = generator.once(in: 2) ? "\n" : "\r\n"
        text += Encoding.lines(filler + before + secret + after, of: width, lineEnd: lineEnd)
        encoded.append(("\(name) in lines", secret))
    }

    private mutating func add(_ name: String, _ before: [UInt8], _ secret: [UInt8], _ after: [UInt8]) {
        text += before + secret + after
        encoded.append((name, secret))
    }
}
