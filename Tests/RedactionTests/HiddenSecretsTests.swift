import Secrets
import TestBench
import Testing

@testable import Redaction

/// A list of secrets that grows while output streams.
@Suite struct HiddenSecretsTests {
    private let first: String
    private let second: String
    /// So long that what stands before it is not yet the better part of a secret.
    private let other = String(repeating: "other", count: 60)

    init() {
        var generator = SeededGenerator(seed: 340)
        first = generator.token()
        second = generator.token()
    }

    private func chunk(_ text: some StringProtocol, _ redactor: StreamingRedactor) -> String {
        var shown: [UInt8] = []
        Array(text.utf8).withUnsafeBytes { redactor.redact($0) { shown += $0 } }
        return String(decoding: shown, as: UTF8.self)
    }

    @Test func `there is another table exactly when there is another secret`() {
        let hidden = HiddenSecrets([Secret(first)])
        let start = hidden.current
        #expect(hidden.current.generation == start.generation)
        #expect(hidden.current.table === start.table)
        hidden.add(Secret(first))
        hidden.add(Secret(""))
        #expect(hidden.current.generation == start.generation)
        hidden.add(Secret(second))
        #expect(hidden.current.generation != start.generation)
        #expect(hidden.all == [Secret(first), Secret(second)])
        #expect(filtered("\(first) \(second)", by: hidden.current.table) == "*** ***")
    }

    @Test func `a renewed secret is hidden from the next chunk on`() {
        let hidden = HiddenSecrets([Secret(first)])
        let redactor = StreamingRedactor(hidden.current.table)
        #expect(chunk("\(second) \(first)\n", redactor) == "\(second) ***\n")
        hidden.add(Secret(second))
        redactor.change(to: hidden.current.table)
        #expect(chunk("\(second) \(first)\n", redactor) == "*** ***\n")
    }

    @Test func `what is held when the list grows may be the beginning of the new secret`() {
        for count in [1, 2, 3, 4, 5, 20, 42, 43] {
            let hidden = HiddenSecrets([Secret(second.prefix(count) + other)])
            let redactor = StreamingRedactor(hidden.current.table)
            #expect(chunk("<\(second.prefix(count))", redactor) == "<")
            hidden.add(Secret(second))
            redactor.change(to: hidden.current.table)
            #expect(chunk("\(second.dropFirst(count))>", redactor) == "***>", "\(count)")
        }
    }

    @Test func `a new secret that is held as a whole is hidden`() {
        let hidden = HiddenSecrets([Secret("<<\(second)\(other)")])
        let redactor = StreamingRedactor(hidden.current.table)
        #expect(chunk("<<\(second)", redactor) == "")
        hidden.add(Secret(second))
        redactor.change(to: hidden.current.table)
        #expect(chunk("!", redactor) == "<<***!")
    }

    @Test func `a secret in the middle of which the list grows is hidden to its end, in every form`() {
        let hex = Encoding.lines([0x30, 0x30] + Encoding.hex(Array(first.utf8)), of: 60)
        let colored = first.map { "\($0)\u{1B}[m" }.joined()
        let hidden = HiddenSecrets([Secret(first)])
        let table = hidden.current.table
        hidden.add(Secret(second))
        let larger = hidden.current.table
        for text in [Array(first.utf8), hex, Array(colored.utf8), Encoding.base64(Array(first.utf8))] {
            let whole = filtered(text, by: larger)
            for cut in text.indices {
                let redactor = StreamingRedactor(table)
                var shown: [UInt8] = []
                text[..<cut].withUnsafeBytes { redactor.redact($0) { shown += $0 } }
                redactor.change(to: larger)
                text[cut...].withUnsafeBytes { redactor.redact($0) { shown += $0 } }
                redactor.finish { shown += $0 }
                #expect(shown == whole, "\(cut)")
            }
        }
    }

    @Test func `the beginning that a state stands for is found again`() {
        var generator = SeededGenerator(seed: 341)
        let forms = (0..<20).map { _ in Secret(generator.bytes(generator.number(1...60), of: "abc")) }
        for rowBudget in [0, 2000, 512 << 10] {
            let table = PatternTable(forms: forms, rowBudget: rowBudget)
            for form in forms.map(\.bytes) {
                var state = PatternTable.root
                for (index, byte) in form.enumerated() {
                    state = table.state(after: state, byte) & PatternTable.stateBits
                    let isFound = table.withPrefix(of: state) { $0.elementsEqual(form[...index]) }
                    #expect(isFound)
                    #expect(table.state(like: state, of: table) == state)
                }
            }
        }
    }
}
