import CloudEmulator
import HTTPTransport
import Secrets
import Testing

/// What arrives at the server, and what comes back.
@Suite struct RequestTests {
    @Test(arguments: ["GET", "DELETE", "POST"])
    func `a request has its own fields and nothing that libcurl adds unasked`(method: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let request = HTTPRequest(
            method: method,
            url: cloud.url + "/api/nothing?a=%20b&c=d",
            fields: [("Accept", .plain("application/vnd.pulumi+8")), ("X-Empty", .plain("")), ("X-Ä", .plain("ö"))]
        )
        #expect(try Client(trusting: cloud).send(request).status == 404)

        let seen = try #require(cloud.requests.first)
        #expect(seen.method == method)
        #expect(seen.path == "/api/nothing")
        #expect(seen.query == "a=%20b&c=d")
        #expect(
            seen.fields.map { "\($0.name): \($0.value)" } == [
                "Host: \(cloud.authority)", "Accept: application/vnd.pulumi+8", "X-Empty: ", "X-Ä: ö",
            ] + (method == "POST" ? ["Content-Length: 0"] : [])
        )
        #expect(seen.body == "")
    }

    @Test func `a large body goes out at once, without asking for leave`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let text = String(repeating: "0123456789", count: 300_000)
        let request = HTTPRequest(method: "POST", url: cloud.url + "/api/nothing", body: .secret(Secret(text)))
        #expect(try Client(trusting: cloud).send(request).status == 404)

        let seen = try #require(cloud.requests.first)
        #expect(seen.body == text)
        #expect(seen["Expect"] == nil)
        #expect(seen["Content-Type"] == nil)
        #expect(seen["Content-Length"] == "3000000")
    }

    @Test func `a redirection is a reply like any other`() throws {
        let cloud = try CloudEmulator()
        let other = try CloudEmulator()
        defer {
            cloud.stop()
            other.stop()
        }
        cloud.misbehave(
            Misbehaviour { $0.redirect = other.url + "/api/user/tokens" },
            Misbehaviour(nth: 2) {
                $0.redirect = other.url
                $0.status = 307
            }
        )
        let client = try Client(trusting: cloud)
        #expect(try client.send(cloud.mint()).status == 302)
        let second = try client.send(cloud.mint())
        #expect(second.status == 307)
        #expect(second["location"] == other.url)
        #expect(cloud.requests.count == 2)
        #expect(other.report.handshakes == 0)
    }

    @Test func `a reply has all its fields, repeated ones too`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(
            Misbehaviour {
                $0.raw = """
                    HTTP/1.1 103 Early Hints\r
                    X-Pulumi-Warning: not yet\r
                    \r
                    HTTP/1.1 429 Too Many Requests\r
                    Date: Fri, 15 Jan 2027 08:00:00 GMT\r
                    X-Pulumi-Warning: one\r
                    x-pulumi-warning:two\r
                    Retry-After:  7 \r
                    Content-Length: 2\r
                    \r
                    {}
                    """
            }
        )
        let response = try Client(trusting: cloud).send(cloud.mint())
        #expect(response.status == 429)
        #expect(response["DATE"] == "Fri, 15 Jan 2027 08:00:00 GMT")
        #expect(response["Retry-After"] == "7")
        #expect(response.values(of: "X-Pulumi-Warning") == ["one", "two"])
        #expect(response["X-Other"] == nil)
        #expect(response.text == "{}")
    }

    @Test(arguments: [200, 201, 204, 400, 401, 404, 500, 503])
    func `every status is a reply`(status: Int) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.misbehave(.status(status, body: "text"))
        let response = try Client(trusting: cloud).send(cloud.request())
        #expect(response.status == status)
        #expect(response.text == (status == 204 ? "" : "text"))
    }

    @Test func `a reply in chunks is put together`() throws {
        var configuration = Configuration()
        configuration.chunkedReplies = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        cloud.plant(Seed(count: 100))
        let response = try Client(trusting: cloud).send(cloud.request("GET", "/api/user/tokens"))
        #expect(response["Transfer-Encoding"] == "chunked")
        #expect(response.text.hasSuffix("]}") || response.text.hasSuffix("\"}"))
    }
}
