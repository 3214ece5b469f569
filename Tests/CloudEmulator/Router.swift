/// Why a request goes no further, as the reply that it gets.
struct Refusal: Error {
    var reply: Reply
}

extension CloudState {
    /// Acts on a request and answers it.
    mutating func answer(_ request: Request) -> Reply {
        if let refused = rateLimitReply(to: request) { return refused }
        do throws(Refusal) {
            return try route(request)
        } catch {
            return error.reply
        }
    }

    private mutating func route(_ request: Request) throws(Refusal) -> Reply {
        if request.path == "/oidc/github" {
            try require("GET", of: request)
            return try identityToken(request)
        }
        guard request.path.hasPrefix(configuration.pathPrefix) else { throw Refusal(reply: .notFound) }
        let path = String(request.path.dropFirst(configuration.pathPrefix.count))
        switch path {
        case "/api/user":
            try require("GET", of: request)
            return try currentUser(request)
        case "/api/oauth/token":
            try require("POST", of: request)
            return try exchangeToken(request)
        default:
            return try routeToOrganization(path, request)
        }
    }

    private mutating func routeToOrganization(_ path: String, _ request: Request) throws(Refusal) -> Reply {
        if let (place, token) = TokenPlace.reading(path) { return try routeToTokens(place, token, request) }
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 4, parts[0] == "api", parts[1] == "orgs", parts[3] == "metadata" else {
            throw Refusal(reply: .notFound)
        }
        try require("GET", of: request)
        return try metadata(of: parts[2], request)
    }

    private mutating func routeToTokens(
        _ place: TokenPlace,
        _ token: String?,
        _ request: Request
    ) throws(Refusal) -> Reply {
        if let token {
            try require("DELETE", of: request)
            return try deleteToken(token, from: place, request)
        }
        if request.method == "POST" { return try createToken(request, in: place) }
        try require("GET", of: request)
        return try listTokens(request, in: place)
    }

    private func require(_ method: String, of request: Request) throws(Refusal) {
        guard request.method == method else { throw Refusal(reply: .text("405 method not allowed\n", status: 405)) }
    }
}

extension Reply {
    /// An edge's answer, which is no JSON.
    static var notFound: Reply { .text("404 page not found\n", status: 404) }
}
