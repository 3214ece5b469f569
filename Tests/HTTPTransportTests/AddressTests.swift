import CloudEmulator
import HTTPTransport
import HostSystem
import Secrets
import Testing

/// Requests that are refused before any connection.
@Suite struct AddressTests {
    private let client = Client(trust: TrustStore(caFile: "/nowhere", environment: Environment([:]), reader: .patient))

    @Test(arguments: [
        ("http://api.pulumi.com/api/user", "http://api.pulumi.com is not HTTPS"),
        ("http://192.0.2.1:8080/", "http://192.0.2.1:8080 is not HTTPS"),
        ("http://127.0.0.1.example.com/", "http://127.0.0.1.example.com is not HTTPS"),
        ("http://localhost.example.com/", "http://localhost.example.com is not HTTPS"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1] is not HTTPS"),
        ("http://0.0.0.0/", "http://0.0.0.0 is not HTTPS"),
        ("ftp://localhost/", "ftp://localhost is not HTTPS"),
        ("file:///etc/passwd", "the URL of a request is invalid or contains a user name"),
        ("https://user@localhost/", "the URL of a request is invalid or contains a user name"),
        ("https://user:word@localhost/", "the URL of a request is invalid or contains a user name"),
        ("http://localhost@192.0.2.1/", "the URL of a request is invalid or contains a user name"),
        ("https://", "the URL of a request is invalid or contains a user name"),
        ("https://localhost/a b", "the URL of a request is invalid or contains a user name"),
        ("https://localhost/é", "the URL of a request is invalid or contains a user name"),
        ("localhost/api", "the URL of a request is invalid or contains a user name"),
        ("", "the URL of a request is invalid or contains a user name"),
    ])
    func `an address that could carry the credential elsewhere is refused`(url: String, detail: String) {
        #expect(
            client.failure(of: HTTPRequest(method: "POST", url: url))
                == TransportError(.refusedURL, requestMayHaveArrived: false, detail: detail)
        )
    }

    @Test(arguments: ["http://localhost", "http://127.0.0.1", "http://[::1]", "http://LocalHost", "http://127.1"])
    func `plain HTTP is for this machine alone`(origin: String) throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let response = try client.send(HTTPRequest(method: "GET", url: "\(origin):\(cloud.port)/api/user"))
        #expect(response.status == 401)
    }

    @Test(arguments: ["\r\nX-Other: 1", "a\nb", "a\0b", "a\u{7f}", "a\tb"])
    func `a header field that would end its line is refused`(value: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        let refusal = TransportError(
            .other,
            requestMayHaveArrived: false,
            detail: "a header field contains a character that cannot be sent"
        )
        let fields: [(name: String, value: HTTPRequest.FieldValue)] = [
            ("X-Field", .plain(value)), ("X-Field", .secret(prefix: "token ", Secret(value))),
            ("X-Field", .secret(prefix: value, Secret("x"))), (value, .plain("x")),
        ]
        for field in fields {
            #expect(client.failure(of: HTTPRequest(method: "GET", url: cloud.url, fields: [field])) == refusal)
        }
        #expect(cloud.requests == [])
    }
}
