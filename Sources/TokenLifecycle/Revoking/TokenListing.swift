package import PulumiCloud

/// The tokens of one kind, page by page, each page tried again for as long as there is time.
package struct TokenListing {
    private let cloud: PulumiCloud
    private let kind: TokenKind
    private let retrying: Retrying

    package init(of cloud: PulumiCloud, _ kind: TokenKind, retrying: Retrying) {
        self.cloud = cloud
        self.kind = kind
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
                try cloud.tokens(of: kind, after: continuation)
            }
            visit(page)
            continuation = page.continuation
            guard continuation.map({ seen.insert($0).inserted }) != false else { throw page.unending }
        } while continuation != nil
    }

    /// The tokens of these ids and nonces.
    ///
    /// A list that shifts between its pages may leave a token out: what is not on several pages is looked for twice.
    func tokens(with ids: Set<TokenID>, _ nonces: Set<Nonce>) throws(CloudError) -> [ListedToken] {
        var found: [ListedToken] = []
        for _ in 0..<2 {
            var pages = 0
            try forEachPage { page in
                pages += 1
                found += page.tokens.filter { token in
                    (ids.contains(token.id) || token.nonce.map(nonces.contains) ?? false)
                        && !found.contains { $0.id == token.id }
                }
            }
            let isComplete = ids.isSubset(of: found.map(\.id)) && nonces.isSubset(of: found.compactMap(\.nonce))
            if pages == 1 || isComplete { break }
        }
        return found
    }

    /// All tokens that a test picks, each once: a list that changes while it is read may show one on two pages.
    package func tokens(where picks: (ListedToken) -> Bool) throws(CloudError) -> [ListedToken] {
        var picked: [ListedToken] = []
        var ids: Set<TokenID> = []
        try forEachPage { picked += $0.tokens.filter { picks($0) && ids.insert($0.id).inserted } }
        return picked
    }
}

extension ListedToken {
    /// By which its lease knows it; nil for what this tool did not mint.
    var nonce: Nonce? { Description(parsing: description)?.nonce }
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
