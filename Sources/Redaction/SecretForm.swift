package import Secrets

/// One form of a secret, and how much of it must be there to be hidden.
package struct SecretForm: Sendable {
    package let value: Secret
    /// The length of the shortest beginning that is hidden too; that of the whole where nothing less is.
    private(set) var shortestBeginning: Int
    /// Whether programs break it into lines, so that line ends inside make no difference.
    private(set) var isBreakable: Bool

    /// - Parameter shortestBeginning: nil for the whole and nothing less.
    init(_ value: Secret, shortestBeginning: Int? = nil, isBreakable: Bool = false) {
        self.value = value
        self.shortestBeginning = min(shortestBeginning ?? value.count, value.count)
        self.isBreakable = isBreakable
    }

    /// Takes over what another form allows, which is made of the same bytes.
    mutating func merge(_ other: SecretForm) {
        shortestBeginning = min(shortestBeginning, other.shortestBeginning)
        isBreakable = isBreakable || other.isBreakable
    }
}

/// The length from which on the beginning of a form is hidden, though the rest is missing.
///
/// Three quarters: of a token of 44 characters, at least 12 are then unknown to whoever sees what is shown, which is
/// too many to try; and a program that shows the first few on purpose may do so. From twenty bytes of the value on, so
/// that there are sixteen behind a public prefix like `pul-`: no other text begins like that by chance.
func shortestBeginning(of form: Secret, encoding value: SecretSlice) -> Int {
    max((form.count * 3 + 3) / 4, (20 * form.count + value.count - 1) / max(value.count, 1))
}
