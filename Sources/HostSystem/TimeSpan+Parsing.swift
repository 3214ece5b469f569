internal import Secrets

extension TimeSpan {
    /// A length of time as people write it: `90s`, `45m`, `1h30m`, `2d`, ISO 8601 `PT1H30M` or `P2D`, or whole seconds.
    ///
    /// nil for anything else: no blanks, no fractions, no signs, each unit once and the larger before the smaller.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= 32 else { return nil }
        if bytes[0] == UInt8(ascii: "P") {
            guard let seconds = Self.isoSeconds(bytes.dropFirst()) else { return nil }
            self.init(seconds: seconds)
        } else if let seconds = Self.digits(bytes[...]) {
            self.init(seconds: seconds)
        } else if let seconds = Self.sum(bytes[...], of: [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]) {
            self.init(seconds: seconds)
        } else {
            return nil
        }
    }

    private typealias Unit = (letter: Unicode.Scalar, seconds: Int64)

    /// `2D`, `T1H30M` or `1DT12H`, after the `P`.
    private static func isoSeconds(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let parts = bytes.split(separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let days = parts[0].isEmpty ? 0 : sum(parts[0], of: [("D", 86400)]) else { return nil }
        guard parts.count == 2 else { return parts[0].isEmpty ? nil : days }
        guard let time = sum(parts[1], of: [("H", 3600), ("M", 60), ("S", 1)]) else { return nil }
        let (total, overflow) = days.addingReportingOverflow(time)
        return overflow ? nil : total
    }

    private static func sum(_ bytes: ArraySlice<UInt8>, of units: [Unit]) -> Int64? {
        var rest = bytes
        var units = units[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isDigit }
            guard let count = digits(number), let letter = rest.dropFirst(number.count).first,
                let unit = units.firstIndex(where: { UInt8(ascii: $0.letter) == letter })
            else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: units[unit].seconds)
            let (next, overflowToo) = total.addingReportingOverflow(product)
            guard !overflow, !overflowToo else { return nil }
            total = next
            units = units[(unit + 1)...]
            rest = rest.dropFirst(number.count + 1)
        }
        return total
    }

    /// nil unless it is nothing but decimal digits, and not too many.
    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.allSatisfy(\.isDigit) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }
}
