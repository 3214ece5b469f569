/// An access token as the server keeps it.
package struct EmulatedToken: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// A user's from the start.
        case parent
        /// Made by `POST /api/user/tokens` or the same of an organization or a team, or seeded as if it were.
        case minted
        /// Issued by the exchange.
        case exchanged
        /// An organization's or a team's.
        case machine
    }

    package var id: String
    package var value: String
    package var kind: Kind
    /// The login of a user; otherwise a robot's name, the organization, or `organization/team`.
    package var owner: String
    /// Set for the tokens of robots, organizations and teams, and for exchanged ones.
    package var organization = ""
    package var team = ""
    /// Of an organization's or a team's: unique in the organization for ever.
    package var name = ""
    /// The id of the role that an organization's token was given.
    package var role = ""
    package var isAdmin = false
    /// The owner of the token that made an organization's or a team's.
    package var createdBy = ""
    package var description = ""
    /// The `reason` parameter of its creation.
    package var reason = ""
    /// The `reason` parameter of its deletion.
    package var deletionReason = ""
    /// Unix time, seconds.
    package var created: Int64
    /// Unix time, seconds; 0 for never.
    package var expires: Int64
    /// Unix time, seconds; 0 for never.
    package var lastUsed: Int64 = 0
    /// Unix time, seconds; 0 while it is not revoked.
    package var revoked: Int64 = 0
    /// How often it was presented.
    package var uses = 0
    /// The server's time of creation, to the fraction.
    var createdExactly = 0.0

    /// Whether the owner is a person.
    package var isPersonal: Bool {
        kind == .parent || (kind == .minted && !isRobot) || (kind == .exchanged && team.isEmpty && !isRobot)
    }
    package var isRobot = false

    package func isLive(at now: Int64) -> Bool {
        revoked == 0 && !isExpired(at: now)
    }

    package func isExpired(at now: Int64) -> Bool {
        expires != 0 && expires <= now
    }

    /// How a request log names it.
    var label: String { "\(kind.rawValue):\(owner):\(id)" }
}
