import Testing

@testable import HTTPTransport

@Suite struct RequestURLTests {
    @Test(
        arguments: [
            ("https://api.pulumi.com", "https", "api.pulumi.com", nil, "/", nil),
            ("HTTPS://API.Pulumi.com/a/b?c=d&e", "https", "api.pulumi.com", nil, "/a/b", "c=d&e"),
            ("https://localhost:8443/api", "https", "localhost", 8443, "/api", nil),
            ("https://[::1]:8443/", "https", "[::1]", 8443, "/", nil),
            ("http://127.1/", "http", "127.0.0.1", nil, "/", nil),
            ("http://2130706433/", "http", "127.0.0.1", nil, "/", nil),
            ("gopher://host/", "gopher", "host", nil, "/", nil),
        ] as [(String, String, String, Int?, String, String?)]
    )
    func `a URL is read as libcurl sends it`(
        text: String,
        scheme: String,
        host: String,
        port: Int?,
        path: String,
        query: String?
    ) throws {
        let url = try #require(RequestURL(text))
        #expect(url.scheme == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.query == query)
        #expect(!url.hasUserInformation)
    }

    @Test(arguments: [
        "", "api.pulumi.com", "/path", "https:/host", "https://", "https://host:port/",
        "https://host:99999/", "https://a b/", "https://host/\n", "https://höst/", "https://[::1/",
    ])
    func `what is no URL is none`(text: String) {
        #expect(RequestURL(text) == nil)
    }

    @Test(arguments: ["https://user@host/", "https://:word@host/", "https://user:word@host/"])
    func `user information is noticed`(text: String) {
        #expect(RequestURL(text)?.hasUserInformation == true)
    }

    @Test(arguments: [
        ("http://localhost/", true), ("http://127.0.0.1/", true), ("http://127.9.9.9/", true), ("http://[::1]/", true),
        ("http://LOCALHOST:80/", true), ("http://0x7f.1/", true), ("http://localhost./", false),
        ("http://127.0.0.1.example/", false), ("http://localhost.example/", false), ("http://128.0.0.1/", false),
        ("http://[::2]/", false), ("http://[::ffff:127.0.0.1]/", false), ("http://1270.0.0.1/", false),
    ])
    func `this machine is known by its name alone`(text: String, expected: Bool) throws {
        let host = try #require(RequestURL(text)).host
        #expect(isLoopback(host) == expected)
    }

    @Test(arguments: [
        ("https://host", "https://host/"), ("https://host:1/a?b=c&d=e=f&g", "https://host:1/a?b=...&d=...&g=..."),
    ])
    func `a trace shows no value of the query`(text: String, shown: String) throws {
        #expect(try #require(RequestURL(text)).shown == shown)
    }
}
