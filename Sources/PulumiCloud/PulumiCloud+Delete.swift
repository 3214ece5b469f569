internal import HTTPTransport

extension PulumiCloud {
    /// Revokes with, for instance, `DELETE /api/user/tokens/{id}`: from then on the token is refused everywhere.
    ///
    /// A token that is not there is an error with status 404; whether that means "gone" is for the caller to judge.
    ///
    /// - Parameter reason: for the audit log; the API takes one for a team's token only, so it is sent for no other.
    package func deleteToken(
        _ id: TokenID,
        of kind: TokenKind = .personal,
        reason: String? = nil
    ) throws(CloudError) {
        try checkIsAPI(try send(deletion(of: id, kind, reason), to: .revoke, kind))
    }

    /// Only the API can say that a token is revoked: by 204, or by 200 with JSON.
    ///
    /// All else that is not a refusal, such as the page of a portal, is `.unreadable`: only a list of the tokens tells.
    private func checkIsAPI(_ response: HTTPResponse) throws(CloudError) {
        let type = response["Content-Type"]?.lowercased() ?? "application/json"
        let isJSON = response.status == 200 && type.prefix { $0 != ";" }.hasSuffix("json") && response.object != nil
        guard response.status != 204, !isJSON else { return }
        throw response.unreadable("it is not what the API answers to a deletion")
    }

    /// Revokes many tokens over several connections at once.
    ///
    /// - Parameters:
    ///   - next: the next token; nil when there is none for now. Asked again after each reply, so that a failed one
    ///     can be given again.
    ///   - completed: called once for each token that `next` gave, in the order of completion.
    package func deleteTokens(
        of kind: TokenKind = .personal,
        reason: String? = nil,
        connections: Int,
        next: () -> TokenID?,
        completed: (TokenID, Result<Void, CloudError>) -> Void
    ) {
        var ids: [String: TokenID] = [:]
        connection.transport.send(
            connections: connections,
            next: {
                while let id = next() {
                    let deletion = deletion(of: id, kind, reason)
                    switch Result(catching: { () throws(CloudError) in try connection.timed(deletion) }) {
                    case .success(let request):
                        ids[request.url] = id
                        return request
                    case .failure(let error):
                        completed(id, .failure(error))
                    }
                }
                return nil
            },
            completed: { request, reply in
                guard let id = ids[request.url] else { return }
                completed(id, outcome(reply).mapError { $0.refusing(.revoke, kind) })
            }
        )
    }

    private func outcome(_ reply: Result<HTTPResponse, TransportError>) -> Result<Void, CloudError> {
        Result { () throws(CloudError) in
            switch reply {
            case .success(let response): try checkIsAPI(try connection.accepted(response, hiding: [credential]))
            case .failure(let error): throw .transport(error)
            }
        }
    }

    private func deletion(of id: TokenID, _ kind: TokenKind, _ reason: String?) -> HTTPRequest {
        let query = kind.team == nil ? [] : reason.map { [("reason", $0)] } ?? []
        return request("DELETE", kind.path + [id.rawValue], query: query)
    }
}
