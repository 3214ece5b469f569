#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// An IPv4 or IPv6 address, written in the usual ways.
struct IPAddress: Equatable {
    /// 4 or 16, the most significant first.
    let bytes: [UInt8]

    /// nil when the text is a name; an IPv6 address may stand in brackets.
    init?(_ text: some StringProtocol) {
        let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
        let isIPv6 = text.contains(":")
        var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        self.bytes = bytes
    }

    /// Whether the first `bits` bits are those of a network of the same family.
    func isIn(_ network: IPAddress, bits: Int) -> Bool {
        guard bytes.count == network.bytes.count, (0...8 * bytes.count).contains(bits) else { return false }
        return zip(bytes, network.bytes).enumerated().allSatisfy { index, pair in
            let left = min(8, max(0, bits - 8 * index))
            return (pair.0 ^ pair.1) & ~UInt8(truncatingIfNeeded: 0xff >> left) == 0
        }
    }
}
