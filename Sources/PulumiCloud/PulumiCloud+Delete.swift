internal import HTTPTransport

extension PulumiCloud {
    /// Revokes with `DELETE /api/user/tokens/{id}`: from then on the token is refused everywhere.
    ///
    /// A token that is not there is an error with status 404; whether that means "gone" is for the caller to judge.
    package func deleteToken(_ id: TokenID) throws(CloudError) {
        try checkIsAPI(try send(deletion(of: id)))
    }

    /// A web page is the word of something in front of the API, whatever its status.
    private func checkIsAPI(_ response: HTTPResponse) throws(CloudError) {
        guard response["Content-Type"]?.lowercased().hasPrefix("text/html") == true else { return }
        throw response.unreadable("it is a web page")
    }

    /// Revokes many tokens over several connections at once.
    ///
    /// - Parameters:
    ///   - next: the next token; nil when there is none for now. Asked again after each reply, so that a failed one
    ///     can be given again.
    ///   - completed: called once for each token that `next` gave, in the order of completion.
    package func deleteTokens(
        connections: Int,
        next: () -> TokenID?,
        completed: (TokenID, Result<Void, CloudError>) -> Void
    ) {
        var ids: [String: TokenID] = [:]
        connection.transport.send(
            connections: connections,
            next: {
                while let id = next() {
                    switch Result(catching: { () throws(CloudError) in try connection.timed(deletion(of: id)) }) {
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
                completed(id, outcome(reply))
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

    private func deletion(of id: TokenID) -> HTTPRequest {
        request("DELETE", ["api", "user", "tokens", id.rawValue])
    }
}
