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
    ///
    /// - Throws: also when a server repeats itself: what its list does not get to may be a live token.
    package func forEachPage(_ visit: (TokenPage) -> Void) throws(CloudError) {
        var continuation: String?
        var seen: Set<String> = []
        repeat {
            let page = try retrying.attempt("listing the tokens") { () throws(CloudError) in
                try cloud.tokens(after: continuation)
            }
            visit(page)
            continuation = page.continuation
            guard continuation.map({ seen.insert($0).inserted }) != false else { throw page.unending }
        } while continuation != nil
    }

    /// All tokens that a test picks, each once: a list that changes while it is read may show one on two pages.
    package func tokens(where picks: (ListedToken) -> Bool) throws(CloudError) -> [ListedToken] {
        var picked: [ListedToken] = []
        var ids: Set<TokenID> = []
        try forEachPage { picked += $0.tokens.filter { picks($0) && ids.insert($0.id).inserted } }
        return picked
    }
}

extension TokenPage {
    fileprivate var unending: CloudError {
        .unreadable(
            status: 200,
            detail: "the list repeats its continuationToken",
            requestID: nil,
            serverTime: serverTime
        )
    }
}
