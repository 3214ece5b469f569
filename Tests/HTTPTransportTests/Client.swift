import CloudEmulator
import HTTPTransport
import HostSystem
import Secrets
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A transport, and what it traced.
final class Client {
    let transport: CurlTransport
    private let lines = Lines()
    /// Holds the CA file for as long as the transport may read it.
    private let folder: ScratchFolder?

    init(
        trust: TrustStore,
        environment: [String: String] = [:],
        clock: HostClock = .system,
        interruption: Interruption? = nil,
        keeping folder: ScratchFolder? = nil
    ) {
        // As `main` does: a server that goes away is an error to handle.
        signal(SIGPIPE, SIG_IGN)
        let lines = lines
        transport = CurlTransport(
            trust: trust,
            proxies: ProxySettings(Environment(environment)),
            clock: clock,
            interruption: interruption ?? .never(clock: clock),
            trace: { lines.all.append($0) }
        )
        self.folder = folder
    }

    /// Trusts the authority of an emulator.
    convenience init(
        trusting cloud: CloudEmulator,
        environment: [String: String] = [:],
        clock: HostClock = .system,
        interruption: Interruption? = nil
    ) throws {
        let folder = try ScratchFolder()
        let file = try folder.write(cloud.caPEM, to: "ca.pem")
        self.init(
            trust: TrustStore(caFile: file, environment: Environment([:]), reader: .patient),
            environment: environment,
            clock: clock,
            interruption: interruption,
            keeping: folder
        )
    }

    /// One line per request.
    var trace: [String] { lines.all }

    func send(_ request: HTTPRequest) throws(TransportError) -> HTTPResponse {
        try transport.send(request)
    }

    /// The error of a request that must fail; nil when it did not.
    func failure(of request: HTTPRequest) -> TransportError? {
        do throws(TransportError) {
            _ = try transport.send(request)
            return nil
        } catch {
            return error
        }
    }

    /// Sends requests over several connections; the outcomes in the order of completion.
    func sendAll(
        _ requests: [HTTPRequest],
        connections: Int
    ) -> [(request: HTTPRequest, outcome: Result<HTTPResponse, TransportError>)] {
        var rest = requests[...]
        var outcomes: [(HTTPRequest, Result<HTTPResponse, TransportError>)] = []
        transport.send(
            connections: connections,
            next: { rest.popFirst() },
            completed: { outcomes.append(($0, $1)) }
        )
        return outcomes
    }
}

final class Lines {
    var all: [String] = []
}

extension CloudEmulator {
    /// Host and port, as messages name them.
    var authority: String { "localhost:\(port)" }

    /// Any request of the API, with the parent token of the first user.
    func request(
        _ method: String = "GET",
        _ path: String = "/api/user",
        body: String? = nil,
        timeout: Duration = .seconds(30),
        replyLimit: Int = HTTPRequest.defaultReplyLimit
    ) -> HTTPRequest {
        HTTPRequest(
            method: method,
            url: url + path,
            fields: [
                ("Authorization", .secret(prefix: "token ", Secret(parentToken()))),
                ("Content-Type", .plain("application/json")),
            ],
            body: body.map { .plain(Array($0.utf8)) },
            replyLimit: replyLimit,
            timeout: timeout
        )
    }

    /// A request that changes something.
    func mint(timeout: Duration = .seconds(30)) -> HTTPRequest {
        request("POST", "/api/user/tokens", body: #"{"description":"one","expires":0}"#, timeout: timeout)
    }

    /// Both kinds of requests, as far as sending again is concerned.
    func request(changing: Bool, timeout: Duration = .seconds(30)) -> HTTPRequest {
        changing ? mint(timeout: timeout) : request(timeout: timeout)
    }
}

extension HTTPResponse {
    var text: String { body.text }
}

extension Secret {
    var text: String { reveal { String(decoding: $0, as: UTF8.self) } }
}
