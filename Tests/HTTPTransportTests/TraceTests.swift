import CloudEmulator
import HTTPTransport
import HostSystem
import Secrets
import Testing

/// The lines that `-v` shows.
@Suite struct TraceTests {
    /// Stands still, so that every request takes no time.
    private let signals = ManualSignals()

    @Test func `a line per request, with what support asks for`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud, clock: signals.clock)
        cloud.misbehave(
            Misbehaviour(times: 2) { $0.headers = ["X-Pulumi-Request-ID": "4f1c::set-output\u{1b}[2J"] },
            Misbehaviour(nth: 3) { $0.withoutHeaders = ["X-Pulumi-Request-ID"] },
            .close(.beforeActing, nth: 4)
        )
        _ = try client.send(cloud.request("POST", "/api/user/tokens?reason=deploy%20it&a", body: "{}"))
        _ = try client.send(cloud.request("DELETE", "/api/user/tokens/1"))
        _ = try client.send(cloud.request())
        // libcurl makes another connection, and is then kept from sending again.
        #expect(client.failure(of: cloud.mint()) != nil)

        #expect(
            client.trace == [
                "POST \(cloud.url)/api/user/tokens?reason=...&a=... -> 400 in 0 ms, new connection, "
                    + "request id 4f1c::set-output[2J",
                "DELETE \(cloud.url)/api/user/tokens/1 -> 404 in 0 ms, reused connection, "
                    + "request id 4f1c::set-output[2J",
                "GET \(cloud.url)/api/user -> 200 in 0 ms, reused connection",
                "POST \(cloud.url)/api/user/tokens -> the connection to \(cloud.authority) was lost before its reply "
                    + "was complete in 0 ms, new connection",
            ]
        )
    }

    @Test func `what never reached a server says nothing of a connection`() throws {
        let port = ClosedPort()
        let client = Client(
            trust: TrustStore(
                environment: Environment([:]),
                system: .init(folders: [], bundles: ["/dev/null"]),
                reader: .patient
            ),
            clock: signals.clock
        )
        let url = "http://127.0.0.1:\(port.number)"
        _ = client.failure(of: HTTPRequest(method: "GET", url: url))
        _ = client.failure(of: HTTPRequest(method: "GET", url: "http://user:word@example.com/a?b=c"))
        _ = client.failure(of: HTTPRequest(method: "GET", url: "no address"))
        let noURL = "the URL of a request is invalid or contains a user name, not sent"
        #expect(
            client.trace == [
                "GET \(url)/ -> cannot connect to 127.0.0.1:\(port.number): connection refused in 0 ms",
                "GET example.com -> \(noURL)",
                "GET (no URL) -> \(noURL)",
            ]
        )
    }

    @Test func `no secret is in any line`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)
        let secret = "secret-" + String(repeating: "s", count: 30)
        let request = HTTPRequest(
            method: "POST",
            url: cloud.url + "/api/oauth/token?reason=\(secret)",
            fields: [("Authorization", .secret(prefix: "token ", Secret(secret)))],
            body: .secret(Secret(secret))
        )
        for misbehaviour in [
            .status(401, body: secret), .reset(.afterActing), .close(.beforeActing), Misbehaviour { $0.raw = secret },
            Misbehaviour { $0.redirect = "https://localhost/\(secret)" },
        ] as [Misbehaviour] {
            cloud.misbehave(misbehaviour)
            _ = try? client.send(request)
            cloud.behave()
        }
        _ = try client.send(request)
        #expect(client.trace.count == 6)
        #expect(!client.trace.joined().contains(secret))
    }
}
