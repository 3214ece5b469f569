import Glibc
import Secrets
import TestBench

@testable import Redaction

/// The same as the streaming redactor, said simply.
///
/// Every byte of every occurrence of a form is covered, and each run of covered bytes becomes `***`: so matches that
/// overlap or touch are one. Of an occurrence with escape sequences inside, these are not covered.
struct ReferenceFilter {
    private struct Form {
        let bytes: [UInt8]
        let shortestBeginning: Int
        let isBreakable: Bool

        init(_ form: SecretForm) {
            bytes = form.value.bytes
            shortestBeginning = form.shortestBeginning
            isBreakable = form.isBreakable
        }
    }

    private let forms: [Form]

    init(forms: [SecretForm]) {
        self.forms = forms.map(Form.init)
    }

    /// - Parameter forms: the very byte strings to look for.
    init(forms: [[UInt8]]) {
        self.init(forms: forms.map { SecretForm(Secret($0)) })
    }

    func shown(_ text: [UInt8]) -> [UInt8] {
        let covered = coveredPlaces(of: text)
        var shown: [UInt8] = []
        for place in text.indices {
            if !covered[place] {
                shown.append(text[place])
            } else if place == 0 || !covered[place - 1] {
                shown += "***".utf8
            }
        }
        return shown
    }

    private func coveredPlaces(of text: [UInt8]) -> [Bool] {
        var covered = [Bool](repeating: false, count: text.count)
        let joined = UnbrokenText(text[...])
        let spaced = UnbrokenText(text[...], lineEnd: .blank)
        let plain = PlainText(text[...])
        for form in forms where !form.bytes.isEmpty {
            for place in matches(of: form, in: text).joined() { covered[place] = true }
            for segment in plain.segments where plain.segments.count > 1 || segment.bytes.count < text.count {
                for place in matches(of: form, in: segment.bytes).joined() { covered[segment.places[place]] = true }
            }
            guard form.isBreakable else { continue }
            for unbroken in [joined, spaced] {
                for match in matches(of: form, in: unbroken.bytes) {
                    for place in unbroken.places(of: match, shortest: form.shortestBeginning) { covered[place] = true }
                }
            }
        }
        return covered
    }

    /// Where a form stands, or a beginning that is hidden too, as far as it goes.
    private func matches(of form: Form, in text: [UInt8]) -> [Range<Int>] {
        occurrences(of: Array(form.bytes.prefix(form.shortestBeginning)), in: text).map { start in
            start..<start + zip(text[start...], form.bytes).prefix { $0 == $1 }.count
        }
    }

    /// How many bytes at the end of a text are the longest proper prefix of a form.
    func openEnd(of text: ArraySlice<UInt8>) -> Int {
        let plain = openEnd(of: text, forms)
        let brokenStarts = [BrokenTail.LineEnd.nothing, .blank].map { lineEnd in
            let unbroken = UnbrokenText(text, lineEnd: lineEnd, isOpen: true)
            let broken = openEnd(of: unbroken.bytes[...], forms.filter(\.isBreakable))
            return broken > 0 ? unbroken.originalPlaces[unbroken.bytes.count - broken] : text.count
        }
        let brokenStart = brokenStarts.min() ?? text.count
        let colored = PlainText(text).segments.last
        let visible = colored.map { openEnd(of: $0.bytes[...], forms) } ?? 0
        let coloredStart = colored.map { visible > 0 ? $0.places[$0.places.count - visible] : text.count } ?? text.count
        return max(plain, text.count - brokenStart, text.count - coloredStart)
    }

    private func openEnd(of text: ArraySlice<UInt8>, _ forms: [Form]) -> Int {
        forms.map { form in
            text.withUnsafeBytes { text in
                guard let start = text.baseAddress else { return 0 }
                return stride(from: min(form.bytes.count - 1, text.count), to: 0, by: -1).first { count in
                    memcmp(start + text.count - count, form.bytes, count) == 0
                } ?? 0
            }
        }
        .max() ?? 0
    }
}

/// A text without the line ends at which an encoding may have been broken, or with blanks for them.
struct UnbrokenText {
    private static let encoded = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_".utf8)
    private static let byteList = Set("0123456789abcdefABCDEF ,:-x\\".utf8)

    private(set) var bytes: [UInt8] = []
    /// Where each byte of it stands in the text.
    private(set) var originalPlaces: [Int] = []
    /// Which bytes of it are blanks for line ends.
    private var lineEnds: Set<Int> = []

    /// - Parameters:
    ///   - lineEnd: what a line end stands for.
    ///   - isOpen: whether a line feed may follow, so that a carriage return at the end is half of a line end.
    init(_ text: ArraySlice<UInt8>, lineEnd: BrokenTail.LineEnd = .nothing, isOpen: Bool = false) {
        let text = Array(text)
        var (lineWidth, listWidth) = (0, 0)
        var place = 0
        while place < text.count {
            let rest = text[place...]
            let isLineEnd = rest.starts(with: "\n".utf8) || rest.starts(with: "\r\n".utf8)
            if max(lineWidth, listWidth) >= 32, isLineEnd || (isOpen && rest.elementsEqual("\r".utf8)) {
                if lineEnd == .blank, bytes.last != 0x20 { addBlank(at: place) }
                place += rest.first == 0x0A || rest.count == 1 ? 1 : 2
                let indentation = lineEnd == .blank ? text[place...].prefix(2).prefix { $0 == 0x20 }.count : 0
                place += indentation
                (lineWidth, listWidth) = (0, indentation)
                continue
            }
            lineWidth = Self.encoded.contains(text[place]) ? lineWidth + 1 : 0
            listWidth = Self.byteList.contains(text[place]) ? listWidth + 1 : 0
            bytes.append(text[place])
            originalPlaces.append(place)
            place += 1
        }
    }

    private mutating func addBlank(at place: Int) {
        lineEnds.insert(bytes.count)
        bytes.append(0x20)
        originalPlaces.append(place)
    }

    /// The places in the text of a form's range in this, line ends inside included, but none at its end.
    ///
    /// - Parameter shortest: how much must be left without it.
    func places(of range: Range<Int>, shortest: Int) -> Range<Int> {
        let end = lineEnds.contains(range.upperBound - 1) ? range.upperBound - 1 : range.upperBound
        guard end - range.lowerBound >= max(shortest, 1) else { return 0..<0 }
        return originalPlaces[range.lowerBound]..<originalPlaces[end - 1] + 1
    }
}

/// A text without the escape sequences of a terminal.
struct PlainText {
    /// Cut where something begins like an escape sequence and is none; a sequence may be missing its end.
    private(set) var segments: [(bytes: [UInt8], places: [Int])] = [([], [])]
    /// Whether something was replaced by a mask in the middle of a sequence, so that this is not the text as it was.
    private(set) var hasMaskInside = false

    init(_ text: ArraySlice<UInt8>) {
        let text = Array(text)
        var place = 0
        while place < text.count {
            guard text[place] == 0x1B else {
                segments[segments.count - 1].bytes.append(text[place])
                segments[segments.count - 1].places.append(place)
                place += 1
                continue
            }
            let (length, isValid) = Self.sequence(text[place...])
            hasMaskInside = hasMaskInside || text[place..<place + length].contains(UInt8(ascii: "*"))
            place += length
            if !isValid { segments.append(([], [])) }
        }
    }

    private static func sequence(_ text: ArraySlice<UInt8>) -> (length: Int, isValid: Bool) {
        var rest = text.dropFirst()
        let isControl = rest.first == UInt8(ascii: "[")
        if isControl { rest = rest.dropFirst() }
        let inside: ClosedRange<UInt8> = isControl ? 0x20...0x3F : 0x20...0x2F
        rest = rest.drop { inside.contains($0) }
        guard let last = rest.first else { return (text.count, true) }
        return (text.count - rest.count + 1, (0x20..<0x7F).contains(last))
    }
}

/// All places where a byte string stands in another, overlapping ones too.
func occurrences(of part: [UInt8], in text: [UInt8]) -> [Int] {
    guard let first = part.first else { return [] }
    return text.withUnsafeBytes { text in
        part.withUnsafeBytes { part in
            guard let start = text.baseAddress, let wanted = part.baseAddress else { return [] }
            var places: [Int] = []
            var offset = 0
            while text.count - offset >= part.count,
                let hit = memchr(start + offset, Int32(first), text.count - offset - part.count + 1)
            {
                offset = UnsafeRawPointer(hit) - start
                if memcmp(hit, wanted, part.count) == 0 { places.append(offset) }
                offset += 1
            }
            return places
        }
    }
}
