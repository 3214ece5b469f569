/// Tokens that are simply there, as if minted earlier.
package struct Seed: Codable, Equatable, Sendable {
    /// A login; the first user when empty.
    package var owner: String
    package var count: Int
    /// `{n}` becomes a running number from 1, `{nonce}` 22 random characters of base64url.
    package var description: String
    /// Seconds from now; 0 for never.
    package var lifetime: Int64
    /// How many seconds ago they were made.
    package var age: Int64
    /// Whose they are when not a user's.
    package var organization: String
    package var team: String

    package init(
        owner: String = "",
        count: Int = 1,
        description: String = "seeded {n}",
        lifetime: Int64 = 3600,
        age: Int64 = 0,
        organization: String = "",
        team: String = ""
    ) {
        (self.owner, self.count, self.description) = (owner, count, description)
        (self.lifetime, self.age) = (lifetime, age)
        (self.organization, self.team) = (organization, team)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let standard = Seed()
        self.init(
            owner: try members.decodeIfPresent(String.self, forKey: .owner) ?? standard.owner,
            count: try members.decodeIfPresent(Int.self, forKey: .count) ?? standard.count,
            description: try members.decodeIfPresent(String.self, forKey: .description) ?? standard.description,
            lifetime: try members.decodeIfPresent(Int64.self, forKey: .lifetime) ?? standard.lifetime,
            age: try members.decodeIfPresent(Int64.self, forKey: .age) ?? standard.age,
            organization: try members.decodeIfPresent(String.self, forKey: .organization) ?? "",
            team: try members.decodeIfPresent(String.self, forKey: .team) ?? ""
        )
    }
}

extension CloudState {
    /// - Returns: the new ids.
    mutating func plant(_ seed: Seed) -> [String] {
        let user = seed.owner.isEmpty ? configuration.users.first?.login ?? "" : seed.owner
        let place = TokenPlace(organization: seed.organization, team: seed.team)
        let owner = place.isPersonal ? user : place.owner(seenBy: newToken(.minted, owner: user))
        let parts = seed.description.components(separatedBy: "{nonce}")
        return (0..<max(0, seed.count)).map { rank in
            let description = parts.dropFirst().reduce(parts[0]) { $0 + randomNonce() + $1 }
            var token = newToken(
                .minted,
                owner: owner,
                description: description.components(separatedBy: "{n}").joined(separator: "\(rank + 1)"),
                expires: seed.lifetime == 0 ? 0 : clock.seconds + seed.lifetime
            )
            token.created -= seed.age
            token.createdExactly -= Double(seed.age)
            if !place.isPersonal {
                (token.organization, token.team, token.isRobot) = (place.organization, place.team, true)
                (token.name, token.createdBy) = ("seeded-\(token.id)", user)
            }
            tokens.add(token)
            return token.id
        }
    }
}

/// 128 random bits in base64url without padding.
private func randomNonce() -> String {
    base64URL((0..<16).map { _ in UInt8.random(in: 0...255) })
}

extension String {
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
