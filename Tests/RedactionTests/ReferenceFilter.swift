import Glibc

/// The same as the streaming redactor, said simply.
///
/// Every byte of every occurrence of a form is covered, and each run of covered bytes becomes `***`: so matches that
/// overlap or touch are one.
struct ReferenceFilter {
    let forms: [[UInt8]]

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
        for form in forms where !form.isEmpty {
            for start in occurrences(of: form, in: text) {
                for place in start..<start + form.count { covered[place] = true }
            }
        }
        return covered
    }

    /// How many bytes at the end of a text are the longest proper prefix of a form.
    func openEnd(of text: ArraySlice<UInt8>) -> Int {
        let longest = forms.map { $0.count - 1 }.max() ?? 0
        return stride(from: min(longest, text.count), to: 0, by: -1).first { count in
            let end = text.suffix(count)
            return forms.contains { $0.count > count && $0.starts(with: end) }
        } ?? 0
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
