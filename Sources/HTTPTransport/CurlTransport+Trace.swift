internal import CLibcurl
internal import HostSystem

extension CurlTransport {
    /// `POST https://host/path?reason=… -> 200 in 12 ms, new connection, request id 4f1c`.
    static func traceLine(
        of transfer: Transfer,
        _ outcome: Result<HTTPResponse, TransportError>,
        took: Duration
    ) -> String {
        var line = "\(transfer.request.method) \(transfer.url.shown) -> \(summary(of: outcome)) in "
        line += "\(took.roundedUpToMilliseconds) ms"
        if transfer.hasReachedServer {
            let isReused = transfer.easy.number(CURLINFO_NUM_CONNECTS) == 0
            line += isReused ? ", reused connection" : ", new connection"
        }
        if case .success(let response) = outcome, let id = response["X-Pulumi-Request-ID"] {
            line += ", request id \(printable(id))"
        }
        return line
    }

    /// The line for a request that never started.
    static func traceLine(of request: HTTPRequest, failure: TransportError) -> String {
        let url = RequestURL(request.url).map { $0.hasUserInformation ? $0.authority : $0.shown } ?? "(no URL)"
        return "\(request.method) \(url) -> \(failure.detail), not sent"
    }

    private static func summary(of outcome: Result<HTTPResponse, TransportError>) -> String {
        switch outcome {
        case .success(let response): "\(response.status)"
        case .failure(let error): error.detail
        }
    }

    /// The server chose it, and it goes to a log that is read by machines too.
    private static func printable(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 > 0x20 && $0 < 0x7f }.prefix(64), as: UTF8.self)
    }
}
