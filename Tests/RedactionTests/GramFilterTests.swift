import Secrets
import TestBench
import Testing

@testable import Redaction

@Suite struct GramFilterTests {
    /// Every place from which a search may start, and the first that the filter does not rule out.
    private func suspects(in text: [UInt8], of table: PatternTable) -> [Int] {
        text.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return [] }
            return text.indices.map { table.filter.firstSuspect(in: start, count: bytes.count, from: $0) }
        }
    }

    /// The first match at or after each place; the beginning of a form at the very end counts.
    private func matches(in text: [UInt8], of forms: [[UInt8]]) -> [Int] {
        var starts = Set(forms.flatMap { occurrences(of: $0, in: text) })
        starts.insert(text.count - ReferenceFilter(forms: forms).openEnd(of: text[...]))
        let sorted = starts.sorted()
        return text.indices.map { place in sorted.first { $0 >= place } ?? text.count }
    }

    private func expectNoMatchRuledOut(_ forms: [[UInt8]], in text: [UInt8]) {
        let table = PatternTable(forms: forms.map { Secret($0) })
        guard table.filter.step > 0 else { return }
        for (suspect, match) in zip(suspects(in: text, of: table), matches(in: text, of: forms)) {
            #expect(suspect <= match)
        }
    }

    @Test func `no true match is ruled out, from wherever the search starts`() {
        var generator = SeededGenerator(seed: 200)
        for _ in 0..<60 {
            let forms = (0..<generator.number(1...8)).map { _ in
                generator.bytes(generator.number(6...30), of: "ab0")
            }
            var text: [UInt8] = []
            while text.count < 200 {
                let form = forms[generator.number(0...forms.count - 1)]
                text += form.prefix(generator.number(1...form.count))
                text += generator.bytes(generator.number(0...8), of: "ab0")
            }
            expectNoMatchRuledOut(forms, in: text)
        }
    }

    @Test(arguments: [6, 7, 15, 16, 17, 40])
    func `almost-matches hide no match behind them`(length: Int) {
        var generator = SeededGenerator(seed: 201)
        let form = generator.bytes(length, of: "abcdef")
        for wrong in 0..<length {
            var almost = form
            almost[wrong] ^= 1
            for distance in stride(from: 0, to: 20, by: 3) {
                let text = almost + generator.bytes(distance, of: "xyz") + form + almost
                expectNoMatchRuledOut([form], in: text)
                let table = PatternTable(forms: [Secret(form)])
                let expected = ReferenceFilter(forms: [form]).shown(text)
                #expect(filtered(text, by: table) == expected)
            }
        }
    }

    @Test func `a form that is broken into lines is not ruled out`() {
        var generator = SeededGenerator(seed: 205)
        for length in [8, 15, 16, 17, 40] {
            let form = generator.bytes(length, of: "abcdef")
            let table = PatternTable(forms: [SecretForm(Secret(form), isBreakable: true)])
            for lineEnd in ["\n", "\r\n"] {
                for place in 1..<length {
                    let broken = form[..<place] + Array(lineEnd.utf8) + form[place...]
                    let text = [UInt8](repeating: 0x2E, count: 40) + broken + [UInt8](repeating: 0x2E, count: 40)
                    #expect(suspects(in: text, of: table)[...40].allSatisfy { $0 <= 40 }, "\(length), \(place)")
                }
            }
        }
    }

    @Test func `a list whose blank a line end replaces is not ruled out`() {
        var generator = SeededGenerator(seed: 206)
        let form = Encoding.list(generator.bytes(12), radix: 16, between: " ")
        let table = PatternTable(forms: [SecretForm(Secret(form), isBreakable: true)])
        let spaces = ["", " "].flatMap { before in
            ["\n", "\r\n"].flatMap { end in ["", " ", "  "].map { before + end + $0 } }
        }
        for lineEnd in spaces {
            for place in form.indices where form[place] == 0x20 {
                let broken = form[..<place] + Array(lineEnd.utf8) + form[(place + 1)...]
                let text = [UInt8](repeating: 0x2E, count: 40) + broken + [UInt8](repeating: 0x2E, count: 40)
                #expect(suspects(in: text, of: table)[...40].allSatisfy { $0 <= 40 }, "\(lineEnd), \(place)")
            }
        }
    }

    @Test(arguments: [UInt8(0), 0xFF, 0x20])
    func `a form of one byte over and over is found among its like`(byte: UInt8) {
        for length in 4...20 {
            let form = [UInt8](repeating: byte, count: length)
            let table = PatternTable(forms: [Secret(form)])
            for count in 0...36 {
                let text = [UInt8](repeating: byte, count: count)
                expectNoMatchRuledOut([form], in: text)
                #expect(filtered(text, by: table) == (count < length ? text : Array("***".utf8)))
                let framed = [1] + text + [2]
                #expect(filtered(framed, by: table) == (count < length ? framed : [1] + Array("***".utf8) + [2]))
            }
        }
    }

    @Test func `a text of zeros is ruled out up to its end`() {
        var generator = SeededGenerator(seed: 202)
        let table = PatternTable(hiding: [Secret(generator.token())])
        let text = [UInt8](repeating: 0, count: 10_000)
        let first = text.withUnsafeBytes { bytes in
            bytes.baseAddress.map { table.filter.firstSuspect(in: $0, count: bytes.count, from: 0) }
        }
        #expect((first ?? 0) > 10_000 - 16)
        let isUnchanged = filtered(text, by: table) == text
        #expect(isUnchanged)
    }

    @Test func `most of an ordinary text is ruled out`() {
        var generator = SeededGenerator(seed: 203)
        let table = PatternTable(hiding: [Secret(generator.token())])
        let text = generator.bytes(20_000, of: "the quick brown fox jumps over lazy dogs\n0123456789")
        let ruledOut = suspects(in: text, of: table).enumerated().count { $0.element > $0.offset }
        #expect(ruledOut > 18_000)
    }

    @Test func `forms too short for a gram turn the filter off`() {
        for (length, step) in [(1, 0), (5, 0), (6, 3), (8, 5), (16, 13), (17, 13), (100, 13)] {
            let forms = [Secret([UInt8](repeating: 1, count: length)), Secret([UInt8](repeating: 2, count: 200))]
            #expect(PatternTable(forms: forms).filter.step == step)
        }
    }
}

@Suite struct PatternTableTests {
    private func patterns(_ texts: [String]) -> [String] {
        let set = PatternSet(texts.map { SecretForm(Secret($0)) })
        return (0..<set.count).map { String(decoding: set[$0], as: UTF8.self) }
    }

    @Test func `patterns are sorted, none is empty and none is there twice`() {
        #expect(patterns(["b", "ab", "a", "", "b", "abc", "ab"]) == ["a", "ab", "abc", "b"])
        #expect(patterns([]) == [])
        #expect(patterns(["", ""]) == [])
    }

    @Test(
        arguments: [
            ([], 1), (["a"], 2), (["abc"], 4), (["abc", "abd"], 5), (["abc", "ab"], 4), (["abc", "xbc"], 7),
        ] as [([String], Int)]
    )
    func `prefixes are counted once`(texts: [String], count: Int) {
        #expect(PatternSet(texts.map { SecretForm(Secret($0)) }).prefixCount == count)
        #expect(PatternTable(forms: texts.map { Secret($0) }).nodes.count == count)
    }

    @Test func `a memory budget leaves the deep nodes without a row`() {
        var generator = SeededGenerator(seed: 204)
        let form = Secret(generator.bytes(2000))
        let small = PatternTable(forms: [form], rowBudget: 4096)
        #expect(small.rowCount < 10)
        #expect(small.nodes.count == 2001)
        #expect(PatternTable(forms: [form], rowBudget: 8 << 20).rowCount == 2001)
        #expect(PatternTable(forms: [form], rowBudget: 0).rowCount == 1)
    }

    @Test func `all 256 bytes may occur in forms`() {
        let every = (0...255).map { UInt8($0) }
        let table = PatternTable(forms: [Secret(every)])
        #expect(table.classCount == 256)
        #expect(Set((0...255).map { table.classOfByte.start[$0] }).count == 256)
        #expect(filtered([7] + every + [0, 1], by: table) == [7] + Array("***".utf8) + [0, 1])
    }
}
