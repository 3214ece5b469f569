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
        case .noPermission(isFork: false): "this job may not ask GitHub for an identity token"
        case .noSource: "nothing says where the job's identity token is"
        case .unset(let variable): "\(variable), which should hold the identity token, is not set or empty"
        case .malformed(let place, let problem):
            "\(place) does not look like an identity token: it \(problem.explanation)"
        case .service(let detail, _): "no identity token from GitHub: \(detail)"
        case .refused(let detail, let claims, _):
            (["the identity token was not exchanged: \(detail)"] + claims).joined(separator: "; ")
        }
    }

    var hint: String? {
        switch self {
        case .noPermission(isFork: true): "skip this step there, or run the job after the merge"
        case .noPermission(isFork: false):
            "add to the job two lines: 'permissions:' and below it '  id-token: write' (beside what it needs already, "
                + "such as '  contents: read')"
        case .noSource(isDeclared: true):
            "declare it with id_tokens: PULUMI_OIDC_TOKEN: aud: \(TokenExchange.audience(of: "ORG")), and name it with --oidc-token-env"
        case .noSource(isDeclared: false): "name its variable with --oidc-token-env, or its file with --oidc-token-file"
        case .unset: "declare the token in the job, under this very name"
        case .malformed: "an identity token is three parts of base64url with dots between"
        case .service(_, isTransient: true): "run the job again, or give more time with --deadline"
        case .service(_, isTransient: false):
            "GitHub issues one only while the job runs, and only with 'id-token: write'"
        case .refused(_, _, let organization):
            "see the OIDC issuers and their policies in the settings of the organization \(organization)"
        }
    }
}
