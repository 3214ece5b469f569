internal import HTTPTransport
internal import Secrets

/// The address of a Pulumi Cloud API: scheme, host, port and path prefix, without a slash at the end.
package struct CloudURL: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// The API of Pulumi's own service.
    package static let pulumiCloud = CloudURL(checked: "https://api.pulumi.com")

    package let text: String

    private init(checked text: String) {
        self.text = text
    }

    package var description: String { text }

    /// The host without the port; an IPv6 address stands in brackets.
    package var host: String {
        let authority = text.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
        guard authority.hasPrefix("[") else { return String(authority.prefix { $0 != ":" }) }
        return authority.prefix { $0 != "]" } + "]"
    }

    /// Checks and normalises: trailing slashes go, a path prefix stays, scheme and host become lower case.
    package init(_ text: String) throws(CloudURLError) {
        guard !Self.isDIY(text) else { throw .diy(scheme: Self.scheme(of: text) ?? "") }
        let (scheme, rest) = try Self.splitScheme(text)
        guard !rest.contains("?"), !rest.contains("#") else { throw .queryOrFragment }

        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw .userInformation }
        let host = try Self.host(of: authority.lowercased())
        if Self.consoleHosts.contains(host) { throw .console(host: host) }
        switch scheme {
        case "https": break
        case "http": guard isLoopback(host) else { throw .insecure }
        default: throw .scheme
        }

        let path = String(rest.dropFirst(authority.count)).droppingTrailingSlashes
        guard Self.isPlainPath(path) else { throw .notAURL }
        guard !path.hasSuffix("/api") else { throw .apiPath }
        self.text = "\(scheme)://\(authority.lowercased())\(path)"
    }

    /// The address of a resource below this one; path segments and query values are percent-encoded here.
    package func endpoint(_ path: [String], query: [(String, String)] = []) -> String {
        let resource = path.reduce(text) { $0 + "/" + percentEncoded($1) }
        guard !query.isEmpty else { return resource }
        return resource + "?" + query.map { percentEncoded($0) + "=" + percentEncoded($1) }.joined(separator: "&")
    }

    /// Whether this names a backend that the Pulumi CLI serves by itself, such as `s3://bucket`: it has no tokens.
    package static func isDIY(_ text: String) -> Bool {
        scheme(of: text).map(diySchemes.contains) ?? false
    }
}

extension CloudURL {
    private static let diySchemes = ["s3", "gs", "azblob", "file", "mem", "postgres", "postgresql"]
    /// Web pages, which answer no API request.
    private static let consoleHosts = ["app.pulumi.com", "pulumi.com", "www.pulumi.com"]

    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        return text[..<colon].lowercased()
    }

    private static func splitScheme(_ text: String) throws(CloudURLError) -> (scheme: String, rest: Substring) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let scheme = scheme(of: text), !scheme.isEmpty
        else { throw .notAURL }
        return (scheme, text.dropFirst(scheme.count + 3))
    }

    /// The host of a lower-case `host[:port]`, after a check of both.
    private static func host(of authority: String) throws(CloudURLError) -> String {
        let host: Substring
        let port: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .notAURL }
            host = authority[...bracket]
            port = authority[authority.index(after: bracket)...]
            guard host.dropFirst().dropLast().utf8.allSatisfy(isIPv6Byte), host.count > 2 else { throw .notAURL }
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority[host.endIndex...]
            guard !host.isEmpty, !host.hasPrefix("."), host.utf8.allSatisfy(isHostByte) else { throw .notAURL }
        }
        guard port.isEmpty || isPort(port) else { throw .notAURL }
        return String(host)
    }

    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.dropFirst()
        return text.hasPrefix(":") && digits.utf8.allSatisfy(\.isDigit) && UInt16(digits).map { $0 > 0 } ?? false
    }

    /// Dot segments would be folded away under way, so that another resource would be asked for.
    private static func isPlainPath(_ path: String) -> Bool {
        path.utf8.allSatisfy(isPathByte) && path.split(separator: "/").allSatisfy { $0 != "." && $0 != ".." }
    }
}

extension String {
    fileprivate var droppingTrailingSlashes: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

/// Why a text is not the address of a Pulumi Cloud API, without the text itself, which may hold a password.
package enum CloudURLError: Error, Equatable, Sendable {
    case notAURL
    case userInformation
    case queryOrFragment
    case console(host: String)
    case scheme
    case insecure
    case diy(scheme: String)
    /// `/api` at the end, which each request adds.
    case apiPath

    /// What is wrong, as the end of a sentence that begins with the name of the option.
    package var message: String {
        switch self {
        case .notAURL: "is not a URL"
        case .userInformation: "contains a user name or password"
        case .queryOrFragment: "contains a query or a fragment"
        case .console(let host): "is the web page \(host), not the API"
        case .scheme: "is neither https nor http"
        case .insecure: "is plain http to another machine"
        case .diy(let scheme): "is a DIY backend (\(scheme)://), which has no tokens"
        case .apiPath: "ends with /api"
        }
    }

    /// The way out.
    package var hint: String {
        switch self {
        case .notAURL: "include the scheme, as in https://api.pulumi.com"
        case .userInformation: "remove them, and set the credential in PULUMI_ACCESS_TOKEN or a file"
        case .queryOrFragment: "use only a scheme, a host, and, if needed, a path"
        case .console: "use https://api.pulumi.com, or usually https://api.DOMAIN on a self-hosted Pulumi Cloud"
        case .scheme, .insecure: "use https; plain http is for loopback addresses only"
        case .apiPath: "remove /api, because it is added to each request"
        case .diy: "set it to a Pulumi Cloud, such as https://api.pulumi.com"
        }
    }
}
