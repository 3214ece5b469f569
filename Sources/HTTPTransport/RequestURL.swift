internal import CLibcurl

/// A URL, read by the parser that libcurl sends by: what is checked here is what is sent.
struct RequestURL {
    let scheme: String
    /// Lower case; an IPv6 address stands in brackets.
    let host: String
    /// nil when the URL names none.
    let port: Int?
    let path: String
    let query: String?
    let hasUserInformation: Bool

    /// nil when the text is no absolute URL with a host, or is not percent-encoded.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), text.namesScheme else { return nil }
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else {
            return nil
        }
        func part(_ part: CURLUPart) -> String? {
            var bytes: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, part, &bytes, 0) == CURLUE_OK, let bytes else { return nil }
            defer { curl_free(bytes) }
            return String(cString: bytes)
        }
        guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST), !host.isEmpty else { return nil }
        self.scheme = scheme.lowercased()
        self.host = host.lowercased()
        port = part(CURLUPART_PORT).flatMap { Int($0) }
        path = part(CURLUPART_PATH) ?? "/"
        query = part(CURLUPART_QUERY)
        hasUserInformation = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
    }

    /// The host, and the port when the URL names one: for people.
    var authority: String {
        port.map { "\(host):\($0)" } ?? host
    }

    /// The URL without the values of its query, for a trace.
    var shown: String {
        let names = (query ?? "").split(separator: "&").map { $0.prefix { $0 != "=" } + "=..." }
        return "\(scheme)://\(authority)\(path)" + (names.isEmpty ? "" : "?" + names.joined(separator: "&"))
    }
}

extension String {
    /// Whether a scheme stands in front, as in `https://…`.
    var namesScheme: Bool {
        guard let colon = firstIndex(of: ":") else { return false }
        return self[colon...].hasPrefix("://")
    }
}

/// Whether a host is this machine by its very name, without any lookup; an IPv6 address stands in brackets.
package func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    return IPAddress(host)?.bytes.count == 4 && host.hasPrefix("127.")
}
