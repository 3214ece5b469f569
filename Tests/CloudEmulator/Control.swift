/// The control API, for those who drive the emulator from another process.
///
/// | request below `/_control` | does |
/// | --- | --- |
/// | `GET /state` | a `Report` |
/// | `GET /live` | the number of minted tokens that are alive, as text |
/// | `GET /tokens[?kind=KIND][&values=true]` | all tokens, dead or alive |
/// | `GET /requests`, `DELETE /requests` | every `RecordedRequest`; forgets them |
/// | `GET /configuration`, `POST /configure` | a `Configuration`; puts members over it |
/// | `GET /ca`, `GET /parent-token[?user=LOGIN]`, `GET /identity-request-token` | text |
/// | `POST /misbehave`, `DELETE /misbehave` | adds a `Misbehaviour` or an array of them; drops all |
/// | `POST /clock` | `{"offset": S}`, `{"advance": S}`, `{"freeze": UNIX or null}` or `{"run": true}` |
/// | `POST /seed` | a `Seed`; the new ids |
/// | `POST /identity-token` | an `IdentityTokenRequest`; the token as text |
/// | `POST /revoke?id=ID` | revokes behind the back of the user |
/// | `POST /release` | lets requests go on that stall |
/// | `POST /commit` | commits what was held back; how many, as text |
/// | `POST /reset` | as `CloudEmulator.reset()` |
///
/// Errors are 400 with a line of text.
extension CloudState {
    mutating func control(_ request: Request, caPEM: String) -> Reply {
        do {
            switch (request.method, request.path.dropFirst("/_control".count)) {
            case ("GET", "/state"): return try .json(of: report)
            case ("GET", "/live"): return .text("\(live(.minted).count)\n", status: 200)
            case ("GET", "/tokens"): return try controlledTokens(request)
            case ("GET", "/requests"): return try .json(of: log.requests)
            case ("GET", "/configuration"): return try .json(of: configuration)
            case ("GET", "/ca"): return .text(caPEM, status: 200)
            case ("GET", "/parent-token"): return try parentTokenText(request)
            case ("GET", "/identity-request-token"): return .text(identityRequestToken + "\n", status: 200)
            default: return try change(request)
            }
        } catch {
            return .text("\(error)\n", status: 400)
        }
    }

    private mutating func change(_ request: Request) throws -> Reply {
        switch (request.method, request.path.dropFirst("/_control".count)) {
        case ("DELETE", "/requests"): log = RequestLog()
        case ("DELETE", "/misbehave"): rules = RuleBook()
        case ("POST", "/misbehave"): rules.add(try Misbehaviour.script(try JSONValue(text: request.body)))
        case ("POST", "/configure"): try configure(try JSONValue(text: request.body))
        case ("POST", "/clock"): try setClock(try JSONValue(text: request.body))
        case ("POST", "/release"): rules.release()
        case ("POST", "/reset"): reset()
        case ("POST", "/seed"):
            return try .json(of: plant(try strictlyDecoded(Seed.self, from: request.body)))
        case ("POST", "/commit"): return .text("\(commitAllLate())\n", status: 200)
        case ("POST", "/revoke"): try revoke(id: request.queryValue("id") ?? "")
        case ("POST", "/identity-token"):
            let wanted = try strictlyDecoded(IdentityTokenRequest.self, from: request.body)
            return .text(try issueIdentityToken(wanted) + "\n", status: 200)
        default: return .notFound
        }
        return Reply(status: 204)
    }

    /// Revokes a token behind the back of its user.
    mutating func revoke(id: String) throws {
        guard let index = tokens.index(ofID: id) else { throw EmulatorError.invalid("no token \(id)") }
        tokens[index].revoked = clock.seconds
    }

    mutating func configure(_ changes: JSONValue) throws {
        configuration = try configuration.overlaid(with: changes)
        addParents()
    }

    private mutating func setClock(_ command: JSONValue) throws {
        guard case .object(let members) = command, members.count == 1 else {
            throw EmulatorError.invalid("expected an object with one member")
        }
        for (name, value) in members {
            switch name {
            case "offset": clock.setOffset(try value.seconds)
            case "advance": clock.advance(by: try value.seconds)
            case "freeze": clock.freeze(at: value == .null ? nil : try value.seconds)
            case "run": clock.run()
            default: throw UnknownMember(name: name)
            }
        }
    }

    private func controlledTokens(_ request: Request) throws -> Reply {
        let kind = request.queryValue("kind")
        let showsValues = request.queryValue("values") == "true"
        let shown = tokens.all.filter { kind == nil || $0.kind.rawValue == kind }
        return try .json(of: shown.map { ControlledToken($0, now: clock.seconds, showsValue: showsValues) })
    }

    private func parentTokenText(_ request: Request) throws -> Reply {
        let login = request.queryValue("user") ?? configuration.users.first?.login ?? ""
        guard let token = parentToken(of: login) ?? machineToken(named: login) else {
            throw EmulatorError.invalid("no user \(login)")
        }
        return .text(token.value + "\n", status: 200)
    }
}

/// A token as the control API shows it.
private struct ControlledToken: Encodable {
    var id: String, kind: EmulatedToken.Kind, owner: String, organization: String, team: String
    var description: String, reason: String
    var created: Int64, expires: Int64, lastUsed: Int64, revoked: Int64, uses: Int
    var live: Bool
    var value: String?

    init(_ token: EmulatedToken, now: Int64, showsValue: Bool) {
        (id, kind, owner, organization, team) = (token.id, token.kind, token.owner, token.organization, token.team)
        (description, reason) = (token.description, token.reason)
        (created, expires, lastUsed) = (token.created, token.expires, token.lastUsed)
        (revoked, uses, live) = (token.revoked, token.uses, token.isLive(at: now))
        value = showsValue ? token.value : nil
    }
}

extension JSONValue {
    fileprivate var seconds: Double {
        get throws {
            switch self {
            case .integer(let value): return Double(value)
            case .number(let value): return value
            default: throw EmulatorError.invalid("expected a number of seconds")
            }
        }
    }
}

extension Reply {
    static func json(of value: some Encodable) throws -> Reply {
        Reply(status: 200, fields: [("Content-Type", "application/json")], body: try jsonBytes(value))
    }
}
