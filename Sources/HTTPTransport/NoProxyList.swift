/// The hosts that are reached without a proxy, as curl 7.88 reads `NO_PROXY`.
struct NoProxyList: Equatable, Sendable {
    private let patterns: [Substring]
    private let isEverything: Bool

    /// - Parameter text: names, addresses and networks (`10.0.0.0/8`), separated by commas or blanks; or just `*`.
    init(_ text: String) {
        isEverything = text == "*"
        patterns = text.split { ", \t".contains($0) }
    }

    func contains(_ host: String) -> Bool {
        if isEverything { return true }
        if let address = IPAddress(host) {
            return patterns.contains { Self.network($0, holds: address) }
        }
        return patterns.contains { Self.domain($0, holds: host) }
    }

    /// `example.com` and `.example.com` both mean the host of that name and all below it.
    private static func domain(_ pattern: Substring, holds host: String) -> Bool {
        let domain = withoutEndingDot(pattern).drop { $0 == "." }.lowercased()
        let host = withoutEndingDot(host[...]).lowercased()
        return !domain.isEmpty && (host == domain || host.hasSuffix("." + domain))
    }

    private static func network(_ pattern: Substring, holds address: IPAddress) -> Bool {
        let parts = pattern.split(separator: "/", maxSplits: 1)
        guard let first = parts.first, let network = IPAddress(first) else { return false }
        guard parts.count == 2 else { return network == address }
        guard let bits = Int(parts[1]) else { return false }
        return address.isIn(network, bits: bits)
    }

    private static func withoutEndingDot(_ name: Substring) -> Substring {
        name.hasSuffix(".") ? name.dropLast() : name
    }
}
