/// What is asked of Pulumi Cloud about the tokens of a team or an organization.
package struct TokenRequest: Sendable, Equatable {
    package var action: TokenKind.Action
    package var kind: TokenKind
}

extension CloudError {
    /// What was asked for, of a team's or an organization's token; nil for any other request and without a refusal.
    package var tokenRequest: TokenRequest? {
        guard case .rejected(let error) = self else { return nil }
        return error.request
    }

    /// The same refusal, which knows what was asked for.
    func refusing(_ action: TokenKind.Action, _ kind: TokenKind) -> CloudError {
        guard kind != .personal, case .rejected(var error) = self else { return self }
        error.request = TokenRequest(action: action, kind: kind)
        return .rejected(error)
    }
}

/// Why Pulumi Cloud did not do something with a team's or an organization's token.
package enum TokenRefusal: Sendable, Equatable {
    /// The role of the credential lacks an RBAC scope, such as `team:create_token`.
    case missingRight(String)
    /// The organization's edition has no tokens of this kind; the first edition that has.
    case edition(String)
    /// A token of the organization, perhaps a deleted one, has had this name; another nonce makes another.
    case nameTaken
    /// The token would live longer than the organization allows, in days.
    case beyondCap(days: Int64)
    /// There is no such organization or team, or the credential may not know.
    case unknownPlace
}

extension TokenRefusal {
    /// Reads a refusal, whatever its text: the status tells, and what the organization allows.
    ///
    /// nil for personal tokens, for what another request may cure, and where the reply tells no more than its status.
    ///
    /// - Parameters:
    ///   - expires: of the token that was asked for, Unix time, seconds; nil when none was.
    ///   - now: Unix time, seconds, for a server that does not say its own.
    ///   - organization: asked for after the refusal; nil when that was refused, too.
    package init?(
        _ error: CloudError,
        to action: TokenKind.Action,
        _ kind: TokenKind,
        expires: Int64? = nil,
        at now: Int64,
        in organization: OrganizationMetadata? = nil
    ) {
        guard case .rejected(let refusal) = error, refusal.isAPIError, let right = kind.right(to: action) else {
            return nil
        }
        // Ours is not the only rule that a 400 or 403 can stand for, so what is known of the organization comes first.
        let mayBeRule = Self.rules.contains(refusal.status)
        if mayBeRule, let edition = kind.edition, organization?.has(kind) == false || refusal.status == 402 {
            self = .edition(edition)
        } else if mayBeRule, action == .mint, let days = Self.exceeded(organization, expires, refusal.serverTime ?? now)
        {
            self = .beyondCap(days: days)
        } else {
            switch refusal.status {
            case 403: self = .missingRight(right)
            case 404 where action != .revoke: self = .unknownPlace
            case 409 where action == .mint: self = .nameTaken
            default: return nil
            }
        }
    }

    /// The cap in days that a life goes beyond; nil when it goes beyond none.
    private static func exceeded(_ organization: OrganizationMetadata?, _ expires: Int64?, _ now: Int64) -> Int64? {
        guard let organization, let life = organization.longestLife, let expires, expires - life > now else {
            return nil
        }
        return organization.longestTokenDays
    }

    /// Whether what the organization allows may tell more about a refusal.
    package static func dependsOnOrganization(_ error: CloudError) -> Bool {
        guard case .rejected(let refusal) = error, refusal.isAPIError else { return false }
        return rules.contains(refusal.status)
    }

    private static let rules = [400, 402, 403, 404, 422]

    /// The cause, as the end of `cannot mint a token: …`.
    package func cause(of kind: TokenKind) -> String {
        let organization = "the organization \(shown(kind.organization))"
        return switch self {
        case .missingRight(let right): "the credential lacks the right \(right) in \(organization)"
        case .edition: "\(organization) has no \(kind.name) tokens"
        case .nameTaken: "\(organization) already had a token with this name"
        case .beyondCap(let days): "\(organization) allows tokens of at most \(days) days"
        case .unknownPlace:
            kind.team.map { "\(organization) has no team \(shown($0)) that the credential can see" }
                ?? "the credential cannot see \(organization)"
        }
    }

    /// The way out; nil when trying again is all.
    package func hint(for kind: TokenKind) -> String? {
        switch self {
        case .missingRight(let right): "use a credential whose role has \(right)"
        case .edition(let edition): "use --kind personal, or Pulumi Cloud's edition \(edition) or above"
        case .nameTaken: nil
        case .beyondCap(let days): "set --ttl to \(days)d or less"
        case .unknownPlace: kind.team == nil ? "check --org" : "check --org and --team"
        }
    }

    private func shown(_ name: String?) -> String { oneLine(name ?? "") }
}
