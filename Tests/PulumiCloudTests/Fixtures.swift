import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport

/// A cloud whose replies are a script.
struct Scene {
    let transport: StubTransport
    let time = VirtualClock()
    let warnings = Lines()
    let cloud: PulumiCloud

    static let parent = "parent-credential"

    init(
        url: String = "https://api.pulumi.com",
        timeout: Duration = .seconds(30),
        _ script: [(request: String, reply: StubTransport.Reply)]
    ) throws {
        transport = StubTransport(script)
        let warnings = warnings
        cloud = PulumiCloud(
            CloudConnection(
                url: try CloudURL(url),
                transport: transport,
                timeout: timeout,
                budget: time.budget(),
                userAgent: "pulumi-token/test",
                warn: { warnings.all.append($0) },
                now: time.clock.unixTime
            ),
            credential: Secret(Self.parent)
        )
    }

    /// The most usual script: one request.
    init(_ request: String, _ reply: StubTransport.Reply) throws {
        try self.init([(request, reply)])
    }
}

/// What was said, in order.
final class Lines {
    var all: [String] = []
}

let mint = "POST https://api.pulumi.com/api/user/tokens"
let list = "GET https://api.pulumi.com/api/user/tokens?maxResults=1000"
let user = "GET https://api.pulumi.com/api/user"

func deletion(of id: String) -> String { "DELETE https://api.pulumi.com/api/user/tokens/\(id)" }

/// The error of something that must fail.
func failure<Result>(of body: () throws(CloudError) -> Result) -> CloudError? {
    do throws(CloudError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension TokenID {
    init(_ text: String) throws {
        struct NoTokenID: Error {}
        guard let id = TokenID(rawValue: text) else { throw NoTokenID() }
        self = id
    }
}
