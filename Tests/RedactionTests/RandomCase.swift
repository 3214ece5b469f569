import Redaction
import TestBench

/// Some secrets, a text in which their forms stand, and the chunks in which it comes.
struct RandomCase {
    var forms: [[UInt8]]
    var text: [UInt8]
    var chunks: [ArraySlice<UInt8>]
    /// Small budgets leave deep nodes without a row.
    var rowBudget: Int

    var table: PatternTable {
        PatternTable(forms: forms.map { Secret($0) }, rowBudget: rowBudget)
    }
}

extension RandomCase {
    /// What the forms are made of, and in which way they are related.
    enum Kind: CaseIterable {
        /// Two letters only: nearly every form overlaps with itself and with the others.
        case overlapping
        /// Each form begins with the one before it.
        case nested
        /// Lengths around those at which the gram filter changes its step.
        case short
        case long
        case binary
        /// Every byte there is, so that the classes of bytes run out.
        case allBytes
        /// All the forms of secrets.
        case secrets
    }

    /// - Parameter size: the length of the text, roughly.
    init(_ kind: Kind, size: Int, using generator: inout SeededGenerator) {
        let alphabet = kind == .overlapping || kind == .nested ? "ab" : "abcdefgh01"
        forms = Self.forms(kind, alphabet: alphabet, using: &generator)
        text = []
        while text.count < size {
            text += Self.piece(of: forms, kind, alphabet: alphabet, using: &generator)
        }
        chunks = cut(text, using: &generator)
        rowBudget = [0, 1000, 20_000, 512 << 10][generator.number(0...3)]
    }

    private static func forms(_ kind: Kind, alphabet: String, using generator: inout SeededGenerator) -> [[UInt8]] {
        let count = generator.number(1...6)
        switch kind {
        case .overlapping: return (0..<count).map { _ in generator.bytes(generator.number(1...9), of: alphabet) }
        case .nested:
            let longest = generator.bytes(40, of: alphabet)
            return (0..<count).map { _ in Array(longest.prefix(generator.number(1...40))) }
        case .short: return (0..<count).map { _ in generator.bytes(generator.number(1...20), of: alphabet) }
        case .long: return (0..<count).map { _ in generator.bytes(generator.number(20...300), of: alphabet) }
        // No asterisk: what replaces a form must not be one.
        case .binary:
            return (0..<count).map { _ in generator.bytes(generator.number(1...30)).map { $0 == 0x2A ? 0 : $0 } }
        case .allBytes:
            return [(0...255).map { $0 == 0x2A ? 0 : $0 }, generator.bytes(200).map { $0 == 0x2A ? 1 : $0 }]
        case .secrets:
            return (0..<generator.number(1...2)).flatMap { _ in
                redactionForms(of: Secret(generator.bytes(generator.number(3...50), of: alphabet + "\n/ "))).map(
                    \.bytes
                )
            }
        }
    }

    /// A form, a part of one, one with a wrong byte, or something else.
    private static func piece(
        of forms: [[UInt8]],
        _ kind: Kind,
        alphabet: String,
        using generator: inout SeededGenerator
    ) -> [UInt8] {
        guard let form = forms.randomElement(using: &generator), !form.isEmpty else { return [0x20] }
        switch generator.number(0...5) {
        case 0: return form
        case 1: return Array(form.prefix(generator.number(0...form.count)))
        case 2: return Array(form.suffix(generator.number(0...form.count)))
        case 3:
            var form = form
            form[generator.number(0...form.count - 1)] ^= 1
            return form.map { $0 == 0x2A ? 0 : $0 }
        case 4 where kind == .binary || kind == .allBytes: return generator.bytes(generator.number(0...9))
        case 4: return generator.bytes(generator.number(0...20), of: alphabet)
        default: return generator.bytes(generator.number(0...30), of: " .xyz")
        }
    }
}

/// Cuts a text into chunks: single bytes, empty ones, large ones, in any mixture.
func cut(_ text: [UInt8], using generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
    let longest = [1, 3, 17, 100, text.count][generator.number(0...4)]
    var chunks: [ArraySlice<UInt8>] = []
    var rest = text[...]
    while !rest.isEmpty {
        let chunk = rest.prefix(generator.number(0...max(1, longest)))
        chunks.append(chunk)
        rest = rest.dropFirst(chunk.count)
    }
    return chunks
}
