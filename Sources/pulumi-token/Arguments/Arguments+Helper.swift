/// What `--helper` goes with.
extension Arguments {
    /// Whether the job gets a helper in the place of a token.
    var usesHelper: Bool { isOn(.helper) || text(of: .export) == Self.helperExport }

    static let helperExport = "helper"

    /// Says what makes no sense with several tokens that nobody has in a variable.
    func checkHelper() throws(UsageError) {
        let name = isOn(.helper) ? value(of: .helper)?.place : value(of: .export).map { "\($0.place) \($0.text)" }
        for (option, reason) in Self.withoutHelper {
            guard let value = value(of: option) else { continue }
            throw UsageError(
                "\(value.place) and \(name ?? "--helper") cannot be combined",
                hint: "remove \(value.place): with a helper, \(reason)"
            )
        }
    }

    private static let withoutHelper: [(Option, String)] = [
        (.environmentName, "no variable contains a token"),
        (.expires, "a token that expires is replaced, and --ttl sets how long each is valid"),
        (.lease, "each token has its own record"),
    ]
}
