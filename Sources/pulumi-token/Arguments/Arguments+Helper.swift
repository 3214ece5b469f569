/// What `--helper` goes with.
extension Arguments {
    /// Says what makes no sense with several tokens that nobody has in a variable.
    func checkHelper() throws(UsageError) {
        for (option, reason) in Self.withoutHelper {
            guard let value = value(of: option) else { continue }
            throw UsageError("\(value.place) and --helper cannot be combined", hint: reason)
        }
    }

    private static let withoutHelper: [(Option, String)] = [
        (.environmentName, "with --helper no variable has a token"),
        (.expires, "set --ttl: a token that expires is replaced"),
        (.lease, "leave it out: each token of the helper has a record"),
    ]
}
