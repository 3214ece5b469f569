package import PulumiCloud

/// The tokens of a user, page by page, each page tried again for as long as there is time.
package struct TokenListing {
    private let cloud: PulumiCloud
    private let retrying: Retrying

    package init(of cloud: PulumiCloud, retrying: Retrying) {
        self.cloud = cloud
        self.retrying = retrying
    }

    /// Calls `visit` with each page, so that only one is in memory.
    package func forEachPage(_ visit: (TokenPage) -> Void) throws(CloudError) {
        var continuation: String?
        var seen: Set<String> = []
        repeat {
            let page = try retrying.attempt("listing the tokens") { () throws(CloudError) in
                try cloud.tokens(after: continuation)
            }
            visit(page)
            continuation = page.continuation
            // A server that repeats itself would keep us here until the deadline.
            guard continuation.map({ seen.insert($0).inserted }) != false else { return }
        } while continuation != nil
    }

    /// All tokens that a test picks.
    package func tokens(where picks: (ListedToken) -> Bool) throws(CloudError) -> [ListedToken] {
        var picked: [ListedToken] = []
        try forEachPage { picked += $0.tokens.filter(picks) }
        return picked
    }
}
