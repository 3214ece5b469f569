internal import CISystems

/// Who looks for a credential, and so what can be done when there is none.
package enum CredentialSeeker: Sendable, Equatable {
    /// Somebody at a machine, who may have logged in.
    case person
    case job
    /// A job on a branch or tag that protected variables do not reach, as on GitLab.
    case unprotectedJob
    /// A step of GitHub's, which has inputs.
    case action

    init(hasInputs: Bool, on system: CISystem) {
        self = hasInputs ? .action : !system.isCI ? .person : system.isUnprotected ? .unprotectedJob : .job
    }

    var hint: String {
        switch self {
        case .person: "set PULUMI_ACCESS_TOKEN or --access-token-file, or run pulumi login"
        case .job:
            "set PULUMI_ACCESS_TOKEN or --access-token-file, or --oidc-org to exchange the job's identity token"
        case .unprotectedJob:
            "use an unprotected variable or --oidc-org here: this ref is not protected, and a protected variable "
                + "reaches only protected branches and tags"
        case .action: "set the input access-token, or oidc-org to exchange the job's identity token"
        }
    }
}
