package import CloudEmulator

/// A kind of token, and how a job asks for it: what is promised for one kind is tried with all of them.
package enum KindChoice: String, CaseIterable, Sendable {
    case personal, team, organization

    /// Those that are not tried anyway.
    package static let others: [KindChoice] = [.team, .organization]

    private var names: [String: String] {
        switch self {
        case .personal: [:]
        case .team: ["kind": "team", "org": "acme", "team": "platform"]
        case .organization: ["kind": "organization", "org": "acme"]
        }
    }

    /// As options.
    package var options: [String] { names.sorted { $0.key < $1.key }.flatMap { ["--" + $0.key, $0.value] } }

    /// As variables of options.
    package var variables: [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ("PULUMI_TOKEN_" + $0.key.uppercased(), $0.value) })
    }

    /// As inputs of the action.
    package var inputs: [String: String] { names }

    /// The resource that holds the tokens of the kind.
    package var path: String {
        switch self {
        case .personal: "/api/user/tokens"
        case .team: "/api/orgs/acme/teams/platform/tokens"
        case .organization: "/api/orgs/acme/tokens"
        }
    }

    /// The right that somebody lacks who may not do something with them; "" for a user's own.
    package func right(to action: String) -> String {
        switch self {
        case .personal: ""
        case .team: action == "list" ? "team:list_tokens" : "team:\(action)_token"
        case .organization: action == "list" ? "org_token:read" : "org_token:\(action)"
        }
    }

    /// Tokens of the kind that are simply there.
    package func seed(_ count: Int, description: String, age: Int64 = 0) -> Seed {
        Seed(
            count: count,
            description: description,
            age: age,
            organization: names["org"] ?? "",
            team: names["team"] ?? ""
        )
    }
}

extension BuildMachine {
    /// A machine on which every command is about one kind of token.
    package convenience init(for kind: KindChoice, _ change: (inout Configuration) -> Void = { _ in }) throws {
        try self.init(change)
        environment.merge(kind.variables) { $1 }
    }
}
