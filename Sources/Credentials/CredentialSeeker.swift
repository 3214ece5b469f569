internal import HostSystem

/// Who looks for a credential, and so what can be done when there is none.
package enum CredentialSeeker: Sendable, Equatable {
    /// Somebody at a machine, who may have logged in.
    case person
    case job
    /// A job of GitLab on a branch or tag that protected variables do not reach.
    case unprotectedJob
    /// A step of GitHub's, which has inputs.
    case action

    init(hasInputs: Bool, isCI: Bool, in environment: Environment) {
        // https://docs.gitlab.com/ci/variables/predefined_variables/
        let isUnprotected = environment["GITLAB_CI"] != nil && environment["CI_COMMIT_REF_PROTECTED"] == "false"
        self = hasInputs ? .action : !isCI ? .person : isUnprotected ? .unprotectedJob : .job
    }

    var hint: String {
        switch self {
        case .person: "set PULUMI_ACCESS_TOKEN, give --access-token-file, or log in with pulumi login"
        case .job:
            "give PULUMI_ACCESS_TOKEN or --access-token-file, or --oidc-org to exchange the job's identity token"
        case .unprotectedJob:
            "a protected variable reaches only protected branches and tags, and this ref is neither; use another "
                + "variable here, or --oidc-org"
        case .action: "give the input access-token, or oidc-org to exchange the job's identity token"
        }
    }
}
