import HTTPTransport
import JSON
import Secrets

/// What Pulumi Cloud publishes of the requests that it takes, as far as this client sends them.
///
/// Paths, parameters, types and required members of https://api.pulumi.com/api/openapi/pulumi-spec.json.
enum PublishedContract {
    enum Kind {
        case string, integer, boolean
    }

    struct Member {
        var kind: Kind
        var isRequired = false
    }

    struct Operation {
        var method: String
        /// `{}` stands for one segment that the client fills in.
        var path: String
        var query: [String: Kind] = [:]
        /// nil for a request without a body.
        var body: [String: Member]?
    }

    private static let pages: [String: Kind] = [
        "continuationToken": .string, "filter": .string, "maxResults": .integer,
    ]
    private static let base = [
        "description": Member(kind: .string, isRequired: true), "expires": Member(kind: .integer, isRequired: true),
    ]
    private static let named = base.merging(["name": Member(kind: .string, isRequired: true)]) { $1 }
    private static let ofOrganization = named.merging([
        "admin": Member(kind: .boolean, isRequired: true), "roleID": Member(kind: .string),
    ]) { $1 }

    private static let user = "/api/user/tokens"
    private static let organization = "/api/orgs/{}/tokens"
    private static let team = "/api/orgs/{}/teams/{}/tokens"

    static let operations = [
        Operation(method: "GET", path: user, query: pages),
        Operation(method: "POST", path: user, query: ["reason": .string], body: base),
        Operation(method: "DELETE", path: user + "/{}"),
        Operation(method: "GET", path: organization, query: pages),
        Operation(method: "POST", path: organization, query: ["reason": .string], body: ofOrganization),
        Operation(method: "DELETE", path: organization + "/{}"),
        Operation(method: "GET", path: team, query: pages),
        Operation(method: "POST", path: team, query: ["reason": .string], body: named),
        Operation(method: "DELETE", path: team + "/{}", query: ["reason": .string]),
        Operation(method: "GET", path: "/api/orgs/{}/metadata"),
        Operation(method: "GET", path: "/api/user"),
    ]

    /// What is wrong with a request; empty when it conforms.
    static func problems(of request: HTTPRequest) -> [String] {
        guard let (path, query) = split(request.url) else { return ["\(request.url) is not a URL of the API"] }
        let fitting = operations.filter { $0.method == request.method && fits($0.path, path) }
        guard let operation = fitting.first, fitting.count == 1 else {
            return ["\(request.method) \(path) is \(fitting.count) operations"]
        }
        return problems(of: query, in: operation) + problems(of: request.body, in: operation)
            + problems(of: request.fields.map(\.name))
    }

    private static func split(_ url: String) -> (path: String, query: [(String, String)])? {
        let origin = "https://api.pulumi.com"
        guard url.hasPrefix(origin) else { return nil }
        let parts = url.dropFirst(origin.count).split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count < 2 ? [] : parts[1].split(separator: "&").map(String.init)
        return (
            parts.first ?? "",
            query.map { member in
                let pair = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
            }
        )
    }

    private static func fits(_ template: String, _ path: String) -> Bool {
        let (wanted, given) = (template.split(separator: "/"), path.split(separator: "/"))
        return wanted.count == given.count && zip(wanted, given).allSatisfy { $0 == "{}" || $0 == $1 }
    }

    private static func problems(of query: [(String, String)], in operation: Operation) -> [String] {
        query.compactMap { name, value in
            switch operation.query[name] {
            case nil: "the parameter \(name) is unknown"
            case .integer where Int64(value) == nil: "the parameter \(name) is not a number"
            default: nil
            }
        }
    }

    private static func problems(of body: HTTPRequest.Body?, in operation: Operation) -> [String] {
        guard let members = operation.body else { return body == nil ? [] : ["a body where none belongs"] }
        guard case .secret(let text) = body, let document = JSONDocument(text), document.root.isObject else {
            return ["the body is not an object"]
        }
        let given = document.root.members
        let missing = members.filter { name, member in member.isRequired && !given.contains { $0.name == name } }
        let wrong = given.compactMap { name, value -> String? in
            guard let member = members[name] else { return "the member \(name) is unknown" }
            return isOf(member.kind, value) ? nil : "the member \(name) is of another type"
        }
        return missing.map { "the member \($0.key) is missing" } + wrong
            + (Set(given.map(\.name)).count == given.count ? [] : ["a member stands there twice"])
    }

    private static func isOf(_ kind: Kind, _ node: JSONNode) -> Bool {
        switch kind {
        case .string: node.string != nil
        case .integer: node.string == nil && node.integer != nil
        case .boolean: node.bool != nil
        }
    }

    private static func problems(of fields: [String]) -> [String] {
        ["Authorization", "Accept", "Content-Type"].filter { !fields.contains($0) }.map { "\($0) is missing" }
    }
}
