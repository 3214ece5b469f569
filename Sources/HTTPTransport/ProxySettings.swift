package import HostSystem

/// Which proxy leads to a host, from the variables that curl knows.
///
/// Cannot be printed, because a proxy's URL may hold a password.
/// A variable that is empty counts as unset. `http_proxy` is not read: plain HTTP is spoken with this machine only, and
/// a proxy would carry it, credential and all, somewhere else.
package struct ProxySettings: Sendable, Equatable {
    /// A proxy that is to be used.
    package struct Proxy: Sendable, Equatable {
        /// The variable that named it.
        package let variable: String
        /// May hold a password.
        let url: String
    }

    // The lower-case name wins, and the protocol's own proxy wins over the one for everything: as in curl.
    private static let proxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    private static let exceptionVariables = ["no_proxy", "NO_PROXY"]

    /// Every variable that is read here.
    package static let variables = proxyVariables + exceptionVariables

    private let proxy: Proxy?
    private let exceptions: NoProxyList

    package init(_ environment: Environment) {
        proxy =
            Self.proxyVariables.lazy.compactMap { name in
                environment.nonEmpty(name).map { Proxy(variable: name, url: $0) }
            }.first
        exceptions = NoProxyList(Self.exceptionVariables.lazy.compactMap(environment.nonEmpty).first ?? "")
    }

    /// The proxy for an HTTPS request to a host; nil when it is reached directly.
    package func proxy(for host: String) -> Proxy? {
        exceptions.contains(host) ? nil : proxy
    }
}

extension ProxySettings.Proxy {
    /// Scheme, host and port without user information, for people; nil when this is not the URL of a proxy.
    package var address: String? {
        guard let url = parsed else { return nil }
        return "\(url.scheme)://\(url.authority)"
    }

    /// Whether the way to the proxy itself is encrypted.
    var isEncrypted: Bool { parsed?.scheme == "https" }

    /// Whether the proxy is asked by `CONNECT`, and answers with a status.
    var speaksHTTP: Bool { parsed.map { ["http", "https"].contains($0.scheme) } ?? false }

    private var parsed: RequestURL? {
        let schemes: Set = ["http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"]
        guard let parsed = RequestURL(url.namesScheme ? url : "http://" + url) else { return nil }
        return schemes.contains(parsed.scheme) ? parsed : nil
    }
}

extension ProxySettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<proxy settings>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ProxySettings.Proxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { address ?? variable }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
