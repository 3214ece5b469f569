import Secrets
import TestBench

@testable import Redaction

/// Some secrets, a text in which their forms stand, and the chunks in which it comes.
struct RandomCase {
    var forms: [SecretForm]
    var text: [UInt8]
    var chunks: [ArraySlice<UInt8>]
    /// Small budgets leave deep nodes without a row.
    var rowBudget: Int

    var table: PatternTable {
        PatternTable(forms: forms, rowBudget: rowBudget)
    }

    var reference: ReferenceFilter {
        ReferenceFilter(forms: forms)
    }

    /// What must not be seen: the forms, or the beginnings that are hidden too.
    var hidden: [(bytes: [UInt8], isBreakable: Bool)] {
        forms.map { (Array($0.value.bytes.prefix($0.shortestBeginning)), $0.isBreakable) }
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
        /// Some may be broken into lines, of some the beginning is enough, and the text is broken into lines.
        case broken
        /// The same with blanks in the forms, for which lines may end.
        case brokenLists
        /// Escape sequences of a terminal stand in the text.
        case colored
        /// All the forms of secrets.
        case secrets

        var isBroken: Bool { self == .broken || self == .brokenLists }
    }

    /// - Parameter size: the length of the text, roughly.
    init(_ kind: Kind, size: Int, using generator: inout SeededGenerator) {
        let alphabet = [.overlapping, .nested, .broken, .brokenLists, .colored].contains(kind) ? "ab" : "abcdefgh01"
        forms = Self.forms(kind, alphabet: alphabet, using: &generator)
        let bytes = forms.map(\.value.bytes)
        text = []
        while text.count < size {
            text += Self.piece(of: bytes, kind, alphabet: alphabet, using: &generator)
        }
        if kind.isBroken || generator.once(in: 3) { text = inLines(text, using: &generator) }
        if kind == .colored || generator.once(in: 5) { text = inColors(text, using: &generator) }
        chunks = cut(text, using: &generator)
        rowBudget = [0, 1000, 20_000, 512 << 10][generator.number(0...3)]
    }

    private static func forms(_ kind: Kind, alphabet: String, using generator: inout SeededGenerator) -> [SecretForm] {
        switch kind {
        case .broken:
            return (0..<generator.number(1...6)).map { _ in
                // Of those with line ends of their own none may be broken.
                let isBreakable = generator.once(in: 2)
                let letters = isBreakable || generator.once(in: 2) ? alphabet : "aaabbb\n"
                let form = Secret(generator.bytes(generator.number(2...100), of: letters))
                guard generator.once(in: 2) else { return SecretForm(form, isBreakable: isBreakable) }
                return SecretForm(
                    form,
                    shortestBeginning: generator.number(2...form.count),
                    isBreakable: isBreakable
                )
            }
        case .brokenLists:
            return (0..<generator.number(1...4)).map { _ in
                let words = (0..<generator.number(2...40)).map { _ in
                    String(decoding: generator.bytes(generator.number(1...2), of: alphabet), as: UTF8.self)
                }
                let form = Secret(words.joined(separator: " "))
                let shortestBeginning = generator.once(in: 2) ? nil : generator.number(2...form.count)
                return SecretForm(form, shortestBeginning: shortestBeginning, isBreakable: true)
            }
        case .secrets:
            return (0..<generator.number(1...2)).flatMap { _ in
                redactionForms(of: Secret(generator.bytes(generator.number(3...50), of: alphabet + "\n/ ")))
            }
        default:
            return exactForms(kind, alphabet: alphabet, using: &generator).map { SecretForm(Secret($0)) }
        }
    }

    private static func exactForms(
        _ kind: Kind,
        alphabet: String,
        using generator: inout SeededGenerator
    ) -> [[UInt8]] {
        let count = generator.number(1...6)
        switch kind {
        case .overlapping, .colored:
            return (0..<count).map { _ in generator.bytes(generator.number(1...9), of: alphabet) }
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
        case .broken, .brokenLists, .secrets: return []
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
        case 5 where kind.isBroken: return generator.once(in: 3) ? [0x20] : []
        default: return generator.bytes(generator.number(0...30), of: " .xyz")
        }
    }
}

/// Breaks a text into lines of about the width from which on lines count as broken, with line ends of all sorts.
func inLines(_ text: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var lines: [UInt8] = []
    var rest = text[...]
    while !rest.isEmpty {
        let line = rest.prefix(generator.number(generator.once(in: 4) ? 0...33 : 32...80))
        lines += line
        rest = rest.dropFirst(line.count)
        // A line end in the place of a blank, and a line that is indented.
        if rest.first == 0x20, generator.once(in: 2) { rest = rest.dropFirst() }
        lines += ["\n", "\n", "\r\n", "\r\n", "\r", "\n\n", "\r\r\n", "\n\r"][generator.number(0...7)].utf8
        if generator.once(in: 4) { lines += [UInt8](repeating: 0x20, count: generator.number(1...3)) }
    }
    return lines
}

/// Puts escape sequences into a text, also some that break off or are none.
func inColors(_ text: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    let sequences = [
        "\u{1B}[m", "\u{1B}[01;31m\u{1B}[K", "\u{1B}(B", "\u{1B}7", "\u{1B}", "\u{1B}[3", "\u{1B}\n", "\u{1B}[\t",
    ]
    var colored: [UInt8] = []
    for byte in text {
        if generator.once(in: 4) { colored += sequences[generator.number(0...generator.number(1...7))].utf8 }
        colored.append(byte)
    }
    return colored
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
