extension CloudState {
    /// The position of the token that a request presents.
    mutating func authenticate(_ request: Request) throws(Refusal) -> Int {
        guard let value = credentialValue(request, scheme: "token"), let index = tokens.index(ofValue: value) else {
            throw Refusal(reply: .unauthorized)
        }
        tokens[index].uses += 1
        let token = tokens[index]
        guard token.isLive(at: clock.seconds), isAccepted(token) else { throw Refusal(reply: .unauthorized) }
        if !configuration.samlReauthentication.isEmpty, token.isPersonal, token.kind != .exchanged {
            throw Refusal(reply: .samlReauthentication(for: configuration.samlReauthentication))
        }
        tokens[index].lastUsed = clock.seconds
        return index
    }

    /// New tokens may take a moment to reach every part of a cloud.
    private func isAccepted(_ token: EmulatedToken) -> Bool {
        guard token.kind == .minted || token.kind == .exchanged else { return true }
        return token.uses > configuration.requestsBeforeAcceptance
            && clock.now >= token.createdExactly + configuration.secondsBeforeAcceptance
    }

    /// Whose credential a request bears, for the log.
    func credentialLabel(_ request: Request) -> String {
        guard let field = request["Authorization"] else { return "none" }
        if let value = credentialValue(request, scheme: "token"), let index = tokens.index(ofValue: value) {
            return tokens[index].label
        }
        if credentialValue(request, scheme: "Bearer") == identityRequestToken { return "identity-request" }
        return "unknown " + (field.split(separator: " ").first.map(String.init) ?? "")
    }
}

/// What follows the scheme in `Authorization`.
func credentialValue(_ request: Request, scheme: String) -> String? {
    guard let field = request["Authorization"] else { return nil }
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == scheme.lowercased() else { return nil }
    return String(parts[1])
}

extension Reply {
    static var unauthorized: Reply {
        .error(401, "Unauthorized: No credentials provided or are invalid.")
    }

    static func samlReauthentication(for organization: String) -> Reply {
        var body = JSONText()
        body.object {
            $0.member("code", 401)
            $0.member("message", "Unauthorized: SAML re-authentication is required for organization \(organization)")
            $0.member("errors", array: [organization]) { error, organization in
                error.object {
                    $0.member("resource", "organization")
                    $0.member("attribute", organization)
                    $0.member("errorType", "saml_reauth_required")
                }
            }
        }
        return .json(body, status: 401)
    }
}
