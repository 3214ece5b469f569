package import Secrets

/// A value that somebody gave, and how messages name the place where it was given: `--oidc-org`, `the input ttl`.
package struct NamedText: Equatable, Sendable {
    package var text: String
    package var place: String

    package init(_ text: String, place: String) {
        self.text = text
        self.place = place
    }
}

/// What a user said about the credential that mints.
package struct CredentialOptions: Sendable {
    /// A credential that was handed over directly, as the action's input `access-token` is.
    package var accessToken: (value: Secret, place: String)?
    package var accessTokenFile: NamedText?
    package var oidc = OIDCOptions()
    /// Whether all this came from the inputs of the GitHub action.
    package var areInputs = false
    /// Whether the Pulumi CLI's stored login may be used inside CI.
    package var allowsLogin = false

    package init() {}
}

/// What a user said about the identity token and what it is exchanged for.
package struct OIDCOptions: Sendable {
    /// What becomes of the exchanged token.
    package enum Use: String, CaseIterable, Sendable {
        /// It mints; where it may not, it is used itself.
        case auto
        /// It mints, or the command fails.
        case mint
        /// It is used itself: nobody can revoke it.
        case direct
    }

    /// The organization on whose behalf.
    package var organization: NamedText?
    /// `personal`, `team`, `organization` or `runner`.
    package var type = "personal"
    package var user: NamedText?
    package var team: NamedText?
    /// Passed through to the cloud in the place of what user or team would give.
    package var scope: NamedText?
    package var tokenFile: NamedText?
    /// The name of the variable that holds the identity token.
    package var tokenVariable: NamedText?
    package var use = Use.auto

    package init() {}

    /// What means nothing without an organization.
    var details: [NamedText] { [user, team, scope, tokenVariable, tokenFile].compactMap(\.self) }
}
