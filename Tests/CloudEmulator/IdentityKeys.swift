/// The signing keys of identity providers.
struct IdentityKeys: Sendable {}
extension CloudState {
    mutating func identityToken(_ request: Request) throws(Refusal) -> Reply { .notFound }
    mutating func issueIdentityToken(_ wanted: JSONValue) throws -> String { "" }
    mutating func exchangeToken(_ request: Request) throws(Refusal) -> Reply { .notFound }
}
