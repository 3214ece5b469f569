internal import HostSystem
internal import PulumiCloud

/// Why there is no identity token, or why it was not exchanged.
package enum IdentityProblem: Equatable, Sendable {
    /// GitHub gives this job no identity token.
    case noPermission(isFork: Bool)
    /// Nothing says where the token is; whether the system lets the definition of a job declare one.
    case noSource(isDeclared: Bool)
    case unset(variable: String)
    case malformed(place: String, TokenShape.Problem)
    /// The service that issues them failed.
    case service(String, isTransient: Bool)
    /// The exchange was refused. `detail` is the server's own sentence, `claims` what is odd about the token.
    case refused(detail: String, claims: [String], organization: String)

    var exitCode: ExitCode {
        switch self {
        case .noSource: .usage
        case .service(_, isTransient: true): .unavailable
        default: .notAllowed
        }
    }

    var message: String {
        switch self {
        case .noPermission(isFork: true): "a pull request from a fork gets no identity token"
        case .noPermission(isFork: false): "this job is not allowed to request an identity token from GitHub"
        case .noSource: "no identity token is configured"
        case .unset(let variable): "cannot find the identity token: \(variable) is not set or empty"
        case .malformed(let place, let problem):
            "\(place) does not look like an identity token: it \(problem.explanation)"
        case .service(let detail, _): "cannot get an identity token from GitHub: \(detail)"
        case .refused(let detail, let claims, _):
            (["cannot exchange the identity token: \(detail)"] + claims).joined(separator: "; ")
        }
    }

    var hint: String? {
        switch self {
        case .noPermission(isFork: true): "skip this step there, or run the job after the merge"
        case .noPermission(isFork: false):
            "add to the job two lines: 'permissions:' and below it '  id-token: write' (in addition to what it needs "
                + "already, such as '  contents: read')"
        case .noSource(isDeclared: true):
            "declare it with id_tokens: PULUMI_OIDC_TOKEN: aud: \(TokenExchange.audience(of: "ORG")), and set "
                + "--oidc-token-env to its name"
        case .noSource(isDeclared: false):
            "set --oidc-token-env to the variable, or --oidc-token-file to the file, that contains it"
        case .unset: "declare an identity token with this name in the job"
        case .malformed: "use an identity token: three parts of base64url with dots between them"
        case .service(_, isTransient: true): "run the job again, or set --deadline to a longer time"
        case .service(_, isTransient: false):
            "check that the job is still running and has 'id-token: write'"
        case .refused(_, _, let organization):
            "check the OIDC issuers and their policies in the settings of the organization \(organization)"
        }
    }
}
