import CloudEmulator
import HTTPTransport
import HostSystem
import TestBench
import Testing

/// Requests through a proxy, or past it.
@Suite(.ownThreads) struct ProxyTests {
    private static let password = "pass-" + String(repeating: "w", count: 12)

    private func proxyFailure(_ detail: String, _ failure: TransportError.Failure = .proxy) -> TransportError {
        TransportError(failure, requestMayHaveArrived: false, detail: detail)
    }

    @Test(arguments: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    func `the proxy of the environment opens the connection`(variable: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let proxy = try TinyProxy()
        let client = try Client(trusting: cloud, environment: [variable: "http://127.0.0.1:\(proxy.port)"])
        #expect(try client.send(cloud.request()).status == 200)
        #expect(try client.send(cloud.mint()).status == 200)

        #expect(cloud.report.connections == 1)
        // The proxy sees where to, and nothing of the request.
        #expect(try proxy.requests() == ["CONNECT \(cloud.authority) HTTP/1.1"])
        #expect(cloud.requests.allSatisfy { $0["Proxy-Connection"] == nil && $0["Proxy-Authorization"] == nil })
    }

    @Test func `a proxy gets its password, and nobody else does`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let proxy = try TinyProxy(credentials: "user \(Self.password)")
        let client = try Client(
            trusting: cloud,
            environment: ["HTTPS_PROXY": "http://user:\(Self.password)@127.0.0.1:\(proxy.port)"]
        )
        #expect(try client.send(cloud.request()).status == 200)
        #expect(cloud.requests.allSatisfy { $0["Proxy-Authorization"] == nil })
        #expect(!client.trace.joined().contains(Self.password))
    }

    @Test(arguments: [("", 407), ("user:wrong-\(ProxyTests.password)@", 401)])
    func `a proxy that wants other credentials is named without them`(userInformation: String, status: Int) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let proxy = try TinyProxy(credentials: "user \(Self.password)")
        let client = try Client(
            trusting: cloud,
            environment: ["HTTPS_PROXY": "http://\(userInformation)127.0.0.1:\(proxy.port)"]
        )
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure(
                    "the proxy http://127.0.0.1:\(proxy.port) requires credentials, or rejected the ones it got (status \(status))",
                    .proxyRefusal
                )
        )
        #expect(client.trace.count == 1)
        #expect(!client.trace.joined().contains(Self.password))
        #expect(cloud.report.handshakes == 0)
    }

    @Test func `a proxy that refuses the host is told apart from the host`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let proxy = try TinyProxy(connectPorts: [443])
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"])
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure(
                    "the proxy http://127.0.0.1:\(proxy.port) refused the connection to \(cloud.authority) (status 403)",
                    .proxyRefusal
                )
        )
        #expect(cloud.report.handshakes == 0)
    }

    @Test func `a proxy that is down`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let port = ClosedPort()
        let url = "http://user:\(Self.password)@127.0.0.1:\(port.number)"
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": url])
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure("cannot connect to the proxy http://127.0.0.1:\(port.number): connection refused")
        )
        #expect(!client.trace.joined().contains(Self.password))
    }

    @Test func `a proxy whose name nobody knows`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "http://\(unknownHost):3128"])
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure("cannot look up the name of the proxy http://\(unknownHost):3128")
        )
    }

    @Test func `a proxy that closes the connection`() throws {
        let cloud = try CloudEmulator()
        var plain = Configuration()
        plain.plainHTTP = true
        let proxy = try CloudEmulator(plain)
        defer {
            cloud.stop()
            proxy.stop()
        }
        proxy.misbehave(Misbehaviour(times: 0) { $0.connection = .close })
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure(
                    "the proxy http://127.0.0.1:\(proxy.port) did not open a connection to \(cloud.authority)"
                )
        )
    }

    @Test func `a proxy that does not answer`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let proxy = SilentServer()
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(
            client.failure(of: cloud.mint(timeout: .seconds(1)))
                == TransportError(
                    .timeout,
                    requestMayHaveArrived: false,
                    detail: "the proxy http://127.0.0.1:\(proxy.port) did not answer within 1 s"
                )
        )
    }

    @Test func `the certificate of a proxy is checked as well`() throws {
        let cloud = try CloudEmulator()
        let proxy = try CloudEmulator()
        defer {
            cloud.stop()
            proxy.stop()
        }
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "https://localhost:\(proxy.port)"])
        #expect(
            client.failure(of: cloud.mint())
                == proxyFailure(
                    "the certificate of the proxy https://localhost:\(proxy.port) is from an authority that is not "
                        + "trusted here"
                )
        )
    }

    @Test func `the certificate behind a proxy is the server's own`() throws {
        var configuration = Configuration()
        configuration.certificate = .otherAuthority
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let proxy = try TinyProxy()
        let client = try Client(trusting: cloud, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(
            client.failure(of: cloud.mint())
                == TransportError(
                    .tls,
                    requestMayHaveArrived: false,
                    detail: "the certificate of \(cloud.authority) is from an authority that is not trusted here"
                )
        )
    }

    @Test(
        arguments: [
            ("example.com, localhost", ["localhost"]), ("api.test, 127.0.0.0/8", ["127.0.0.1"]), ("::1", ["[::1]"]),
            ("*", ["localhost", "127.0.0.1", "[::1]"]), ("host, .localhost,[::]/64", ["localhost", "[::1]"]),
            ("127.0.0.2, localhos, ::2", []),
        ],
        ["NO_PROXY", "no_proxy"]
    )
    func `what the exceptions name is reached directly`(exceptions: (list: String, hosts: [String]), variable: String)
        throws
    {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let port = ClosedPort()
        let client = try Client(
            trusting: cloud,
            environment: ["HTTPS_PROXY": "http://127.0.0.1:\(port.number)", variable: exceptions.list]
        )
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let request = HTTPRequest(method: "GET", url: "https://\(host):\(cloud.port)/api/user")
            let failure = client.failure(of: request)?.failure
            #expect(failure == (exceptions.hosts.contains(host) ? nil : .proxy), "\(host)")
        }
    }

    @Test func `plain HTTP to this machine goes through no proxy`() throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let dead = "http://127.0.0.1:\(ClosedPort().number)"
        let client = Client(
            trust: TrustStore(environment: Environment([:]), reader: .patient),
            environment: ["http_proxy": dead, "HTTP_PROXY": dead, "HTTPS_PROXY": dead, "ALL_PROXY": dead]
        )
        #expect(try client.send(cloud.request()).status == 200)
    }

    @Test(arguments: ["gopher://127.0.0.1:1", "http://", "http://a b:3128", "http://user:\(ProxyTests.password)@"])
    func `what is no proxy is named by its variable alone`(url: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = try Client(trusting: cloud, environment: ["ALL_PROXY": url])
        #expect(client.failure(of: cloud.mint()) == proxyFailure("ALL_PROXY is not the URL of a proxy"))
        #expect(!client.trace.joined().contains(Self.password))
    }
}
