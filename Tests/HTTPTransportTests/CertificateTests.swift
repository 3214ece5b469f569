import CloudEmulator
import HTTPTransport
import HostSystem
import TestBench
import Testing

@Suite struct CertificateTests {
    @Test(arguments: [
        (Configuration.Certificate.expired, "has expired"),
        (.notYetValid, "is not valid yet"),
        (.wrongHost, "is for another host"),
        (.otherAuthority, "is from an authority that is not trusted here"),
        (.selfSigned, "is self-signed"),
    ])
    func `a certificate that is not right is refused before a byte is sent`(
        certificate: Configuration.Certificate,
        problem: String
    ) throws {
        var configuration = Configuration()
        configuration.certificate = certificate
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)

        #expect(
            client.failure(of: cloud.mint())
                == TransportError(
                    .tls,
                    requestMayHaveArrived: false,
                    detail: "the certificate of \(cloud.authority) \(problem)"
                )
        )
        #expect(cloud.requests == [])
    }

    @Test func `TLS before version 1.2 is refused`() throws {
        var configuration = Configuration()
        configuration.oldTLS = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)

        #expect(
            client.failure(of: cloud.mint())
                == TransportError(
                    .tls,
                    requestMayHaveArrived: false,
                    detail: "\(cloud.authority) does not speak TLS 1.2 or later"
                )
        )
        #expect(cloud.requests == [])
    }

    @Test func `a server without TLS is told apart`() throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let other = try CloudEmulator()
        defer { other.stop() }

        let request = HTTPRequest(method: "POST", url: "https://\(cloud.authority)/api/user/tokens")
        #expect(
            try Client(trusting: other).failure(of: request)
                == TransportError(
                    .tls,
                    requestMayHaveArrived: false,
                    detail: "\(cloud.authority) does not answer with TLS"
                )
        )
        #expect(cloud.requests == [])
    }

    @Test(arguments: ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
    func `the certificate may name the host or its address`(host: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)

        let response = try client.send(HTTPRequest(method: "GET", url: "https://\(host):\(cloud.port)/api/user"))
        #expect(response.status == 401)
    }

    @Test func `without a subject alternative name, the common name counts`() throws {
        var configuration = Configuration()
        configuration.certificate = .commonNameOnly
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let client = try Client(trusting: cloud)

        let response = try client.send(HTTPRequest(method: "GET", url: "https://localhost:\(cloud.port)/api/user"))
        #expect(response.status == 401)
        #expect(
            client.failure(of: HTTPRequest(method: "GET", url: "https://127.0.0.1:\(cloud.port)/api/user"))?.detail
                == "the certificate of 127.0.0.1:\(cloud.port) is for another host"
        )
    }

    @Test func `the list of revoked certificates is not asked`() throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        let lists = try CloudEmulator(configuration)
        defer { lists.stop() }
        configuration.plainHTTP = false
        configuration.revocationList = "http://\(lists.authority)/revoked.crl"
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }

        #expect(try Client(trusting: cloud).send(cloud.mint()).status == 200)
        #expect(lists.requests == [])
    }
}
