internal import CISystems
internal import Credentials
internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets
internal import Supervision

/// All that a server of tokens needs that outlives the process which starts it, handed over in memory.
struct HelperContents: Sendable {
    /// How long such a server stays where the CI system does not say how long the job may take.
    static let longestStay: Duration = .seconds(86400)

    var parent: HandedParent
    var request: MintRequest
    var session: String
    /// What its tokens bear.
    var run: RunTag
    var places: [LeasePlace]
    /// Its private directory, with the socket.
    var folder: String
    /// With whose end it ends; nil where no such process is visible.
    var watched: WatchedProcess?
    /// Whether a shell says its own number: what asked for the server may be there only to ask.
    var awaitsShell: Bool
    /// How long it stays at most.
    var stay: Duration

    /// - Parameter run: nil for the tag of the CI system's run.
    // The optimizer of Swift 6.3.1 fails on it where it is built for the fuzzer, and it runs once.
    @_optimize(none)
    init(
        _ request: MintRequest,
        _ session: Session,
        _ parent: Parent,
        at place: HelperEnvironment,
        run: RunTag?,
        endsWith watched: WatchedProcess?,
        awaitsShell: Bool,
        in context: Context
    ) {
        let folder = place.folder.path
        var asked = request
        // What the server knows of the job is said here.
        asked.reason = request.reason ?? Self.reason(request, parent, context)
        asked.helper = folder
        asked.isIsolated = false
        self.init(
            parent: HandedParent(parent, parent.source.secret, as: "helper", in: context),
            request: asked,
            session: session.name,
            run: run ?? session.runTag(on: context.system),
            places: LeaseStore(context).searched,
            folder: folder,
            watched: watched,
            awaitsShell: awaitsShell,
            stay: context.system.jobTimeLimit.map { .seconds($0) } ?? Self.longestStay
        )
    }

    private static func reason(_ request: MintRequest, _ parent: Parent, _ context: Context) -> String {
        let isPersonal = (request.kind ?? parent.source.kind) == .personal
        return isPersonal ? context.system.defaultReason : context.system.auditReason
    }

    private init(
        parent: HandedParent,
        request: MintRequest,
        session: String,
        run: RunTag,
        places: [LeasePlace],
        folder: String,
        watched: WatchedProcess?,
        awaitsShell: Bool,
        stay: Duration
    ) {
        (self.parent, self.request, self.session, self.run) = (parent, request, session, run)
        (self.places, self.folder, self.watched) = (places, folder, watched)
        (self.awaitsShell, self.stay) = (awaitsShell, stay)
    }

    // MARK: Coding

    func encoded() -> Secret {
        JSONText.object { text in
            text.member("parent", object: parent.write)
            text.member("request", object: request.write)
            text.member("session", session)
            text.member("run", run.rawValue)
            text.member("places", array: places.compactMap(\.coded)) { text, place in
                text.object { $0.member(place.kind, place.path) }
            }
            text.member("folder", folder)
            text.member("watched", watched.map { Int64($0.pid) })
            text.member("start", watched.map { String($0.startTime) })
            text.member("awaitsShell", awaitsShell)
            text.member("stay", stay.components.seconds)
        }
    }

    /// nil when it was written by something else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root, let parent = text["parent"].flatMap(HandedParent.init),
            let request = text["request"].flatMap(MintRequest.init), let session = text["session"]?.string,
            let run = text["run"]?.string.flatMap(RunTag.init(rawValue:)), let folder = text["folder"]?.string,
            let stay = text["stay"]?.integer
        else { return nil }
        let start = text["start"]?.string.flatMap { UInt64($0) }
        let pid = text["watched"]?.integer.flatMap { Int32(exactly: $0) }
        self.init(
            parent: parent,
            request: request,
            session: session,
            run: run,
            places: text["places"]?.elements?.compactMap(LeasePlace.init(coded:)) ?? [],
            folder: folder,
            watched: pid.flatMap { pid in start.map { WatchedProcess(pid: pid, startTime: $0) } },
            awaitsShell: text["awaitsShell"]?.bool ?? false,
            stay: .seconds(stay)
        )
    }
}

extension MintRequest {
    /// Without what only its caller knows of the job.
    fileprivate func write(to text: inout JSONText) {
        text.member("text", self.text)
        text.member("origin", origin)
        switch lifetime {
        case .lasting(let seconds): text.member("lasting", seconds)
        case .until(let moment): text.member("until", moment)
        }
        if let kind { text.member("kind", object: kind.write) }
        text.member("role", role)
        text.member("isAdmin", isAdmin)
        text.member("reason", reason)
        text.member("helper", helper)
        text.member("verifies", verifies)
        text.member("waits", waits)
    }

    fileprivate init?(_ text: JSONNode) {
        let lasting = text["lasting"]?.integer.map { Lifetime.lasting($0) }
        guard let words = text["text"]?.string,
            let lifetime = lasting ?? text["until"]?.integer.map({ Lifetime.until($0) })
        else { return nil }
        self.init(
            text: words,
            origin: text["origin"]?.string,
            lifetime: lifetime,
            kind: text["kind"].flatMap { kind in
                kind["kind"]?.string.flatMap {
                    TokenKind(name: $0, organization: kind["organization"]?.string, team: kind["team"]?.string)
                }
            },
            role: text["role"]?.string,
            isAdmin: text["isAdmin"]?.bool ?? false,
            reason: text["reason"]?.string,
            isIsolated: false,
            verifies: text["verifies"]?.bool ?? false,
            waits: text["waits"]?.bool ?? false
        )
        helper = text["helper"]?.string
    }
}
