import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import Testing

/// What a failed request means for a person.
@Suite struct ExplanationTests {
    private static let policy =
        "The `acme-corp` organization enforces a max access token expiry of `14` days that your current token does not "
        + "meet. Please generate a new token with a TTL meeting your org's threshold to perform this request."

    private static let url = "check --cloud-url, including any path prefix"
    private static let life =
        "if the organization limits the lifetime of tokens, use a credential that expires sooner, or --oidc-org"
    private static let signIn = "sign in to Pulumi Cloud's console once, then run this again"

    private static func saml(_ type: String, _ organization: String?) -> [APIError.Item] {
        [
            APIError.Item(resource: "x", errorType: "custom"),
            APIError.Item(resource: "organization", attribute: organization, errorType: type),
        ]
    }

    @Test(
        arguments: [
            (
                APIError(status: 401, message: "Unauthorized"), .notAllowed,
                "Pulumi Cloud rejected the credential: status 401: Unauthorized",
                "check whether it expired, was revoked, or belongs to another cloud (--cloud-url)"
            ),
            (
                APIError(status: 401, message: "x", items: saml("saml_reauth_required", "acme")), .notAllowed,
                "the owner of the credential must sign in with SAML again for acme", signIn
            ),
            (
                APIError(status: 401, message: "x", items: saml("saml_login_required", nil)), .notAllowed,
                "the owner of the credential must sign in with SAML again", signIn
            ),
            // Only the status and the types of errors decide: a text may say anything.
            (
                APIError(status: 403, message: policy), .notAllowed,
                "Pulumi Cloud does not allow this: status 403: \(policy)", life
            ),
            (
                APIError(status: 403, message: "saml_reauth_required"), .notAllowed,
                "Pulumi Cloud does not allow this: status 403: saml_reauth_required", life
            ),
            (
                APIError(status: 403, items: saml("saml_reauth_required", "acme")), .notAllowed,
                "Pulumi Cloud does not allow this: status 403", life
            ),
            (
                APIError(status: 404, message: "404 page not found", isAPIError: false), .unavailable,
                "this server does not look like the Pulumi Cloud API: status 404: 404 page not found", url
            ),
            (
                APIError(status: 404, message: "token not found"), .failed,
                "Pulumi Cloud did not find the requested object: status 404: token not found",
                "check the names, and --cloud-url"
            ),
            (
                APIError(status: 302, isAPIError: false), .unavailable,
                "this server does not look like the Pulumi Cloud API: status 302", url
            ),
            (
                APIError(status: 405, isAPIError: false), .unavailable,
                "this server does not look like the Pulumi Cloud API: status 405", url
            ),
            (
                APIError(status: 429, message: "slow down", retryAfter: .seconds(300)), .unavailable,
                "rate limit exceeded: Pulumi Cloud asks to wait 5 minutes",
                "set --deadline to a longer time, or start fewer jobs at once"
            ),
            (
                APIError(status: 429), .unavailable, "rate limit exceeded",
                "set --deadline to a longer time, or start fewer jobs at once"
            ),
            (
                APIError(status: 503, message: "down", requestID: "r1"), .unavailable,
                "Pulumi Cloud is not available: status 503: down (request r1)", "try again later"
            ),
            (APIError(status: 408), .unavailable, "Pulumi Cloud is not available: status 408", "try again later"),
            (APIError(status: 425), .unavailable, "Pulumi Cloud is not available: status 425", "try again later"),
            (
                APIError(status: 400, message: "Bad Request: invalid expires"), .failed,
                "Pulumi Cloud refused the request: status 400: Bad Request: invalid expires", nil
            ),
            (APIError(status: 418), .failed, "Pulumi Cloud refused the request: status 418", nil),
            (
                APIError(status: 400, message: "no policy", oauthError: "invalid_grant"), .failed,
                "Pulumi Cloud refused the request: status 400: invalid_grant: no policy", nil
            ),
        ] as [(APIError, ExitCode, String, String?)]
    )
    func `every status has its sentence and its way out`(
        error: APIError,
        code: ExitCode,
        message: String,
        hint: String?
    ) {
        #expect(Explanation(explaining: .rejected(error)) == Explanation(code, message, hint: hint))
    }

    @Test(
        arguments: [
            (.nameLookup, .unavailable, "check --cloud-url and the resolver of this machine"),
            (.connect, .unavailable, "check --cloud-url, and whether a proxy is needed (HTTPS_PROXY)"),
            (.proxy, .unavailable, "check HTTPS_PROXY, ALL_PROXY, and NO_PROXY"),
            (
                .tls, .unavailable,
                "check --cloud-url and the clock of this machine; for a private authority, set "
                    + "--ca-file"
            ),
            (.timeout, .unavailable, "try again, or set --timeout and --deadline to a longer time"),
            (.trustStore, .unreadableFile, "set --ca-file to a file of PEM certificates"),
            (.replyTooLarge, .unavailable, "check --cloud-url"), (.malformedReply, .unavailable, "check --cloud-url"),
            (.refusedURL, .unavailable, "check --cloud-url"),
            (
                .connectionLost, .unavailable,
                "try again; if it keeps failing, check for a proxy or firewall between this machine and Pulumi Cloud"
            ),
            (.interrupted, .unavailable, nil), (.other, .unavailable, nil),
        ] as [(TransportError.Failure, ExitCode, String?)]
    )
    func `every failure of the transport says where to look`(
        failure: TransportError.Failure,
        code: ExitCode,
        hint: String?
    ) {
        let error = TransportError(failure, requestMayHaveArrived: false, detail: "something of localhost:1")
        #expect(
            Explanation(explaining: .transport(error)) == Explanation(code, "something of localhost:1", hint: hint)
        )
    }

    @Test func `a reply that is no API's says so`() {
        let error = CloudError.unreadable(
            status: 200,
            detail: "it is not the JSON of a new token",
            requestID: "r1",
            serverTime: nil
        )
        #expect(
            Explanation(explaining: error)
                == Explanation(
                    .unavailable,
                    "Pulumi Cloud sent an unreadable reply with status 200: it is not the JSON of a new token (request r1)",
                    hint: "check --cloud-url, and whether a proxy or firewall is in front of the API"
                )
        )
    }
}
