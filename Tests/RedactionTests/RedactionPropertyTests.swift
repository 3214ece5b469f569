import Secrets
import TestBench
import Testing

@testable import Redaction

@Suite struct RedactionPropertyTests {
    @Test(arguments: RandomCase.Kind.allCases)
    func `chunks or not, the output is that of a simple filter on the whole text`(kind: RandomCase.Kind) {
        var generator = SeededGenerator(seed: 100)
        // The secrets have a hundred forms each.
        for round in 0..<(kind == .secrets ? 30 : 120) {
            let example = RandomCase(kind, size: generator.number(0...600), using: &generator)
            let expected = example.reference.shown(example.text)
            let table = example.table
            #expect(filtered(example.text, by: table) == expected, "\(kind) \(round)")
            #expect(filtered(example.chunks, by: table) == expected, "\(kind) \(round)")
        }
    }

    @Test(arguments: RandomCase.Kind.allCases)
    func `no form is left in the output`(kind: RandomCase.Kind) {
        var generator = SeededGenerator(seed: 101)
        for round in 0..<40 {
            let example = RandomCase(kind, size: 500, using: &generator)
            let shown = filtered(example.chunks, by: example.table)
            let unbroken = UnbrokenText(shown[...]).bytes
            for form in example.hidden {
                #expect(occurrences(of: form.bytes, in: shown).isEmpty, "\(kind) \(round)")
                #expect(!form.isBreakable || occurrences(of: form.bytes, in: unbroken).isEmpty, "\(kind) \(round)")
                let plain = PlainText(shown[...])
                for segment in plain.segments where !plain.hasMaskInside {
                    #expect(occurrences(of: form.bytes, in: segment.bytes).isEmpty, "\(kind) \(round)")
                }
            }
        }
    }

    @Test(arguments: RandomCase.Kind.allCases)
    func `no form is left either when held bytes are released now and then`(kind: RandomCase.Kind) {
        var generator = SeededGenerator(seed: 102)
        for round in 0..<40 {
            let example = RandomCase(kind, size: 500, using: &generator)
            let redactor = StreamingRedactor(example.table)
            var shown: [UInt8] = []
            for chunk in example.chunks {
                chunk.withUnsafeBytes { redactor.redact($0) { shown += $0 } }
                if generator.once(in: 2) { redactor.releaseHeld { shown += $0 } }
            }
            redactor.finish { shown += $0 }
            let unbroken = UnbrokenText(shown[...]).bytes
            for form in example.hidden where form.bytes.count > 1 {
                #expect(occurrences(of: form.bytes, in: shown).isEmpty, "\(kind) \(round)")
                #expect(!form.isBreakable || occurrences(of: form.bytes, in: unbroken).isEmpty, "\(kind) \(round)")
                let plain = PlainText(shown[...])
                for segment in plain.segments where !plain.hasMaskInside {
                    #expect(occurrences(of: form.bytes, in: segment.bytes).isEmpty, "\(kind) \(round)")
                }
            }
        }
    }

    @Test func `a text without a form passes byte for byte`() {
        var generator = SeededGenerator(seed: 103)
        for _ in 0..<100 {
            let secret = Secret(generator.bytes(generator.number(8...60), of: "abcdef0123"))
            let table = PatternTable(hiding: [secret])
            var text = generator.bytes(generator.number(0...2000)).map { $0 == 0x61 ? 0x62 : $0 }
            // What looks most like the secret, and is not.
            let almost = min(secret.count - 1, max(19, secret.count * 3 / 4 - 1))
            text.insert(contentsOf: secret.bytes.prefix(almost), at: text.count / 2)
            text.insert(0, at: text.count / 2)
            let expected = ReferenceFilter(forms: redactionForms(of: secret)).shown(text)
            #expect(expected == text)
            #expect(filtered(cut(text, using: &generator), by: table) == text)
        }
    }

    @Test(.ownThreads, arguments: RandomCase.Kind.allCases)
    func `only what a form could begin with is held`(kind: RandomCase.Kind) {
        var generator = SeededGenerator(seed: 104)
        for round in 0..<8 {
            let example = RandomCase(kind, size: 250, using: &generator)
            let reference = example.reference
            let redactor = StreamingRedactor(example.table)
            var end = 0
            for chunk in example.chunks where !chunk.isEmpty {
                chunk.withUnsafeBytes { redactor.redact($0) { _ in } }
                end = chunk.endIndex
                #expect(redactor.heldCount <= reference.openEnd(of: example.text[..<end]), "\(kind) \(round)")
                #expect(redactor.heldPosition == UInt64(end - redactor.heldCount))
            }
            redactor.finish { _ in }
            #expect(redactor.heldCount == 0)
            #expect(redactor.heldPosition == UInt64(end))
        }
    }

    @Test func `a redactor that has finished begins anew`() {
        var generator = SeededGenerator(seed: 105)
        for kind in RandomCase.Kind.allCases {
            let example = RandomCase(kind, size: 300, using: &generator)
            let expected = example.reference.shown(example.text)
            let redactor = StreamingRedactor(example.table)
            for _ in 0..<3 {
                var shown: [UInt8] = []
                for chunk in example.chunks { chunk.withUnsafeBytes { redactor.redact($0) { shown += $0 } } }
                redactor.finish { shown += $0 }
                #expect(shown == expected)
            }
        }
    }

    @Test func `a table serves many streams at once`() async {
        var generator = SeededGenerator(seed: 106)
        let example = RandomCase(.secrets, size: 2000, using: &generator)
        let expected = example.reference.shown(example.text)
        let table = example.table
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { filtered(example.chunks, by: table) }
            }
            for await shown in group { #expect(shown == expected) }
        }
    }
}
