import CISystems
import Credentials
import FoundationEssentials
import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport

/// A cloud whose replies are a script, and what happened in which order.
struct Scene {
    static let cloud = "https://api.pulumi.com"
    static let exchange = "POST https://api.pulumi.com/api/oauth/token"
    static let user = "GET https://api.pulumi.com/api/user"

    let transport: StubTransport
    let time = VirtualClock()
    /// Masks and requests, in their order.
    let events = Lines()

    init(_ script: [(request: String, reply: StubTransport.Reply)] = []) {
        transport = StubTransport(script)
        let events = events
        transport.underWay = { events.all.append("\($0.method) \($0.url)") }
    }

    /// Everything that one does to get at the cloud.
    func open(
        _ source: CredentialSource,
        environment: Environment = Environment([:]),
        expiration: Int64 = 180,
        deadline: Duration = .seconds(120)
    ) throws(Explanation) -> CloudAccess {
        let budget = time.budget(deadline)
        let events = events
        guard let url = try? CloudURL(Self.cloud) else { throw Explanation(.failed, "no URL") }
        return try CloudAccess.open(
            CloudConnection(
                url: url,
                transport: transport,
                timeout: .seconds(30),
                budget: budget,
                userAgent: "pulumi-token/test",
                warn: { events.all.append("warning \($0)") },
                now: time.clock.unixTime
            ),
            with: source,
            expiration: expiration,
            environment: environment,
            retrying: Retrying(budget: budget, random: .fixed(0.5), trace: { _ in }),
            mask: { events.all.append("mask \($0.text)") }
        )
    }
}

final class Lines {
    var all: [String] = []
}

/// What people and scripts see of an error.
func explanation<Value, Failure: ExplainedError>(of body: () throws(Failure) -> Value) -> Explanation? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch {
        return Explanation(error)
    }
}

/// A source that exchanges an identity token, as options name it.
func identitySource(
    _ environment: Environment,
    organization: String = "acme",
    _ change: (inout OIDCOptions) -> Void = { _ in }
) throws -> CredentialSource {
    var options = CredentialOptions()
    options.oidc.organization = NamedText(organization, place: "--oidc-org")
    options.oidc.user = NamedText("alice", place: "--oidc-user")
    change(&options.oidc)
    return try CredentialSource.choose(
        options,
        environment: environment,
        system: .detect(in: environment),
        reader: .patient,
        login: { () throws(CredentialError) in nil }
    )
}

extension CISystem {
    /// The system of a job with these variables.
    static func of(_ variables: [String: String]) -> CISystem { detect(in: Environment(variables)) }

    static let desk = of([:])
    static let someCI = of(["CI": "true"])
}

/// The texts of a source, without its secret.
func description(_ source: CredentialSource) -> String {
    switch source {
    case .given(let secret, let place): "\(secret.text) given by \(place)"
    case .variable(let secret, let name): "\(secret.text) in \(name)"
    case .login(let entry): "\(entry.token.text) of the login"
    case .oidc(let exchange): "identity for \(exchange.organization)"
    }
}

/// An identity token that nobody signed.
func identityToken(_ claims: String) -> String {
    [#"{"alg":"none"}"#, claims, "signature"].map(base64URL).joined(separator: ".")
}

func base64URL(_ text: String) -> String {
    Data(text.utf8).base64EncodedString()
        .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
