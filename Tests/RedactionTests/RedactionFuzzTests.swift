import Glibc
import Secrets
import TestBench
import Testing

@testable import Redaction

/// Random secrets and random outputs, with a seed for each input, so that one that fails can be run again alone.
@Suite struct RedactionFuzzTests {
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
        let kind = generator.number(0...5)
        let whole = before + secret + after
        switch kind {
        case 0: add("raw", before, secret, after)
        case 1, 2:
            let parts = [before, secret, after].map { Encoding.hex($0, uppercase: kind == 2) }
            addInLines("hex", parts[0], parts[1], parts[2], using: &generator)
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
