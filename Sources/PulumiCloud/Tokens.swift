package import Secrets

/// Pulumi Cloud's name for a token: opaque, and no secret.
package struct TokenID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// nil when the text is empty, longer than 256 bytes or holds a control character.
    package init?(rawValue: String) {
        let isPlain = rawValue.unicodeScalars.allSatisfy { !isControl($0) }
        guard !rawValue.isEmpty, rawValue.utf8.count <= 256, isPlain else { return nil }
        self.rawValue = rawValue
    }

    package var description: String { rawValue }
}

/// A token as the cloud lists it: never with its value.
package struct ListedToken: Sendable, Equatable {
    package var id: TokenID
    package var name: String
    package var description: String
    /// ISO 8601, as the server wrote it.
    package var created: String?
    /// Unix time, seconds; nil when the token was never used.
    package var lastUsed: Int64?
    /// Unix time, seconds; nil when the token never expires.
    package var expires: Int64?

    package init(
        id: TokenID,
        name: String = "",
        description: String = "",
        created: String? = nil,
        lastUsed: Int64? = nil,
        expires: Int64? = nil
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.created = created
        self.lastUsed = lastUsed
        self.expires = expires
    }
}

/// A token that the cloud has just made, with the value that nobody ever gets a second time.
package struct MintedToken: Sendable {
    package var id: TokenID
    package var value: Secret
    /// Unix time, seconds, at which the server answered; nil without a `Date` field.
    package var serverTime: Int64?

    package init(id: TokenID, value: Secret, serverTime: Int64? = nil) {
        self.id = id
        self.value = value
        self.serverTime = serverTime
    }
}

/// A part of the list of tokens.
package struct TokenPage: Sendable, Equatable {
    package var tokens: [ListedToken]
    /// What asks for the next page; nil on the last one.
    package var continuation: String?
    /// Unix time, seconds, at which the server answered; nil without a `Date` field.
    package var serverTime: Int64?

    package init(tokens: [ListedToken], continuation: String? = nil, serverTime: Int64? = nil) {
        self.tokens = tokens
        self.continuation = continuation
        self.serverTime = serverTime
    }
}

/// Who a credential belongs to.
package struct CurrentUser: Sendable, Equatable {
    /// An organization's or a team's token, which belongs to no person and cannot mint.
    package struct MachineToken: Sendable, Equatable {
        package var name: String
        package var organization: String?
        package var team: String?

        package init(name: String, organization: String? = nil, team: String? = nil) {
            self.name = name
            self.organization = organization
            self.team = team
        }
    }

    package var login: String
    package var name: String?
    /// Their login names.
    package var organizations: [String]
    /// nil for a personal token.
    package var machineToken: MachineToken?
    /// Unix time, seconds, at which the server answered; nil without a `Date` field.
    package var serverTime: Int64?

    package init(
        login: String,
        name: String? = nil,
        organizations: [String] = [],
        machineToken: MachineToken? = nil,
        serverTime: Int64? = nil
    ) {
        self.login = login
        self.name = name
        self.organizations = organizations
        self.machineToken = machineToken
        self.serverTime = serverTime
    }
}
