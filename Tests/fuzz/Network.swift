import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TokenLifecycle

@testable import HTTPTransport

/// Answers everything with one reply.
private final class FixedReply: HTTPTransport {
    let reply: HTTPResponse

    init(_ reply: HTTPResponse) { self.reply = reply }

    func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        while let request = next() { completed(request, .success(reply)) }
    }
}

/// The input as a reply: the first byte chooses the status, header lines up to an empty one, the rest is the body.
private func reply(_ bytes: UnsafeRawBufferPointer) -> HTTPResponse {
    let statuses = [200, 201, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503]
    var head = ReplyHead()
    var rest = bytes.dropFirst()
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = rest[...end]
        rest = rest[(end + 1)...]
        guard line.count > 1, head.take(UnsafeRawBufferPointer(rebasing: line)) else { break }
    }
    return HTTPResponse(
        status: statuses[Int(bytes.first ?? 0) % statuses.count],
        fields: head.fields,
        body: Secret(copying: UnsafeRawBufferPointer(rebasing: rest))
    )
}

/// Every request of the API, answered with it; what is told of a failure is one line without what was sent.
func readReply(_ bytes: UnsafeRawBufferPointer) {
    let credential = "the-credential-that-was-sent"
    let time = VirtualClock()
    guard let url = try? CloudURL("https://api.pulumi.com") else { return }
    let cloud = PulumiCloud(
        CloudConnection(
            url: url,
            transport: FixedReply(reply(bytes)),
            timeout: .seconds(30),
            budget: time.budget(),
            userAgent: "fuzz",
            warn: {
                require(!$0.contains("\n") && !$0.contains(credential), "a warning is one line, without a secret")
            },
            now: time.clock.unixTime
        ),
        credential: Secret(credential)
    )
    told(credential) { () throws(CloudError) in
        let page = try cloud.tokens(after: nil)
        for token in page.tokens {
            _ = (Description(parsing: token.description), token.expires.map { Moment($0).description })
        }
    }
    told(credential) { () throws(CloudError) in _ = try cloud.currentUser() }
    told(credential) { () throws(CloudError) in
        _ = try cloud.createToken(description: "d", expires: 1_800_003_600, reason: nil)
    }
    told(credential) { () throws(CloudError) in
        if let id = TokenID(rawValue: "t-1") { try cloud.deleteToken(id) }
    }
    told(credential) { () throws(CloudError) in
        let wanted = TokenExchange(organization: "acme", type: .organization, expiration: 180)
        let token = try cloud.connection.exchange(Secret(credential), for: wanted)
        _ = (token.serverTime ?? 0) + (token.expiresIn ?? 0)
    }
}

private func told(_ secret: String, _ body: () throws(CloudError) -> Void) {
    do throws(CloudError) {
        try body()
    } catch {
        require(!"\(error)".contains(secret), "an error holds nothing of what was sent")
    }
}

/// Header lines in any number and order, and dates.
func readHeaders(_ bytes: UnsafeRawBufferPointer) {
    var head = ReplyHead()
    var total = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        total += line.count
        guard head.take(UnsafeRawBufferPointer(rebasing: line)) else {
            require(total > ReplyHead.limit, "only a head that is too large is refused")
            return
        }
    }
    for field in head.fields { _ = (unixTime(ofHTTPDate: field.value), field.value.utf8.count) }
    _ = unixTime(ofHTTPDate: text(bytes))
}

/// Lengths and points of time as people write them.
func readLengths(_ bytes: UnsafeRawBufferPointer) {
    let words = text(bytes)
    if let span = TimeSpan(parsing: words) {
        require(span.seconds >= 0, "no length is negative")
        _ = span.description
    }
    if let moment = Moment(parsing: words) {
        require(Moment(parsing: moment.description) == moment, "a moment is read as it is told")
    }
}

/// URLs, hosts, lists of hosts, and proxies.
func readAddresses(_ bytes: UnsafeRawBufferPointer) {
    let words = text(bytes)
    if let url = try? CloudURL(words) {
        require((try? CloudURL(url.text)) == url, "a URL is read as it is told")
        _ = url.endpoint(["api", words], query: [("q", words)])
        _ = NoProxyList(words).contains(url.host)
    }
    _ = (CloudURL.isDIY(words), RequestURL(words), IPAddress(words))
    let parts = words.split(separator: "\n", maxSplits: 1).map(String.init)
    if parts.count == 2 {
        _ = NoProxyList(parts[0]).contains(parts[1])
        _ = ProxySettings(Environment(["HTTPS_PROXY": parts[0], "NO_PROXY": parts[1]])).proxy(for: parts[1])
    }
}
