internal import HTTPTransport
package import HostSystem
package import PulumiCloud

extension Explanation {
    /// What a failed request means for a person, as far as one can say without asking more.
    package init(explaining error: CloudError) {
        switch error {
        case .transport(let error): self.init(explaining: error)
        case .rejected(let error): self.init(explaining: error)
        case .unreadable:
            self.init(
                .unavailable,
                "Pulumi Cloud sent an \(error.summary)",
                hint: "check --cloud-url, and whether a proxy or firewall is in front of the API"
            )
        }
    }

    private init(explaining error: TransportError) {
        let hint: String? =
            switch error.failure {
            case .nameLookup: "check --cloud-url and the resolver of this machine"
            case .connect: "check --cloud-url, and whether a proxy is needed (HTTPS_PROXY)"
            case .proxy, .proxyRefusal: "check HTTPS_PROXY, ALL_PROXY, and NO_PROXY"
            case .tls:
                "check --cloud-url and the clock of this machine; for a private authority, set "
                    + "--ca-file"
            case .timeout: "try again, or set --timeout and --deadline to a longer time"
            case .trustStore: "set --ca-file to a file of PEM certificates"
            case .replyTooLarge, .malformedReply, .refusedURL: "check --cloud-url"
            case .connectionLost:
                "try again; if it keeps failing, check for a proxy or firewall between this machine and Pulumi Cloud"
            case .interrupted, .other: nil
            }
        self.init(error.failure == .trustStore ? .unreadableFile : .unavailable, error.detail, hint: hint)
    }

    /// Why something was not done with a team's or an organization's token.
    package init(_ refusal: TokenRefusal, to action: TokenKind.Action, of kind: TokenKind) {
        let code: ExitCode =
            switch refusal {
            case .missingRight, .edition, .unknownPlace: .notAllowed
            case .beyondCap: .usage
            case .nameTaken: .failed
            }
        let problem =
            switch action {
            case .mint: "cannot mint a token"
            case .list: "cannot list the tokens"
            case .revoke: "cannot revoke a token"
            }
        self.init(code, "\(problem): \(refusal.cause(of: kind))", hint: refusal.hint(for: kind))
    }

    private init(explaining error: APIError) {
        if let request = error.request,
            let refusal = TokenRefusal(.rejected(error), to: request.action, request.kind, at: 0)
        {
            self.init(refusal, to: request.action, of: request.kind)
        } else {
            self.init(explainingStatusOf: error)
        }
    }

    private init(explainingStatusOf error: APIError) {
        switch error.status {
        case 401: self.init(unauthorized: error)
        case 403:
            self.init(
                .notAllowed,
                "Pulumi Cloud does not allow this: \(error.summary)",
                hint: "if the organization limits the lifetime of tokens, use a credential that expires sooner, "
                    + "or --oidc-org"
            )
        case 429:
            let wait =
                error.retryAfter.map { ": Pulumi Cloud asks to wait \(TimeSpan(seconds: $0.components.seconds))" } ?? ""
            self.init(
                .unavailable,
                "rate limit exceeded\(wait)",
                hint: "set --deadline to a longer time, or start fewer jobs at once"
            )
        case 404 where error.isAPIError:
            self.init(
                .failed,
                "Pulumi Cloud did not find the requested object: \(error.summary)",
                hint: "check the names, and --cloud-url"
            )
        case 300..<400, 404, 405:
            self.init(
                .unavailable,
                "this server does not look like the Pulumi Cloud API: \(error.summary)",
                hint: "check --cloud-url, including any path prefix"
            )
        case 408, 425, 500...:
            self.init(.unavailable, "Pulumi Cloud is not available: \(error.summary)", hint: "try again later")
        default: self.init(.failed, "Pulumi Cloud refused the request: \(error.summary)")
        }
    }

    private init(unauthorized error: APIError) {
        let saml = error.items.first { ["saml_reauth_required", "saml_login_required"].contains($0.errorType) }
        if let saml {
            let organization = saml.attribute.map { " for \($0)" } ?? ""
            self.init(
                .notAllowed,
                "the owner of the credential must sign in with SAML again\(organization)",
                hint: "sign in to Pulumi Cloud's console once, then run this again"
            )
        } else {
            self.init(
                .notAllowed,
                "Pulumi Cloud rejected the credential: \(error.summary)",
                hint: "check whether it expired, was revoked, or belongs to another cloud (--cloud-url)"
            )
        }
    }
}
