internal import HostSystem
package import PulumiCloud

/// That a token was used after its job had ended.
package struct LateUse: Equatable, Sendable {
    /// Clocks differ, and Pulumi Cloud may write later than it happened when a token was used.
    private static let tolerance: Int64 = 60

    package let token: TokenID
    /// From the end of the job to the last use.
    private let seconds: Int64

    /// nil when the list does not show it.
    package init?(of token: ListedToken, _ finding: FinishedRuns.Finding) {
        guard case .ended(let end?) = finding, let used = token.lastUsed, used - end > Self.tolerance else {
            return nil
        }
        self.token = token.id
        seconds = used - end
    }

    /// For people.
    package var sentence: String {
        "the token \(token) was used about \(TimeSpan(seconds: seconds / 60 * 60)) after its job ended"
    }
}
