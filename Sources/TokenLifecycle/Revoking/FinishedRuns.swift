package import CISystems
internal import HTTPTransport
package import HostSystem
internal import JSON
package import PulumiCloud
package import Secrets

/// Asks the CI system which runs are over, each once.
package struct FinishedRuns {
    /// What is known of the job of a token.
    package enum Finding: Equatable, Sendable {
        /// Unix time, seconds; nil where the system does not tell.
        case ended(at: Int64?)
        /// It may still use the token; why, for people.
        case spared(String)
        /// Nothing says which job it is; for people.
        case unnamed(String)

        /// Whether a job may have the token.
        package var mayRun: Bool {
            if case .spared = self { true } else { false }
        }

        /// Why its token is spared; nil when it is not.
        var reason: String? {
            switch self {
            case .ended: nil
            case .spared(let reason), .unnamed(let reason): reason
            }
        }
    }

    private static let connections = 8
    /// How often a server is asked that does nothing but fail.
    private static let attempts = 4

    private let service: RunService
    private let transport: any HTTPTransport
    private let field: (name: String, value: HTTPRequest.FieldValue)
    private let context: Context
    private let timeout: Duration
    private let budget: TimeBudget
    private var findings: [RunReference: Finding] = [:]

    /// - Parameters:
    ///   - token: for the API; hidden from all messages.
    ///   - isOfJob: whether the system gave it to the job.
    package init(
        _ service: RunService,
        token: Secret,
        isOfJob: Bool,
        timeout: Duration,
        within budget: TimeBudget,
        in context: Context
    ) {
        context.console.hide(token)
        let authorization = service.authorization(isOfJob: isOfJob)
        field = (authorization.field, .secret(prefix: authorization.prefix, token))
        transport = context.makeTransport(
            context.trustStore(caFile: service.caFile, within: budget),
            ProxySettings(context.environment),
            context
        )
        self.service = service
        self.context = context
        self.timeout = timeout
        self.budget = budget
    }

    /// What is known of the jobs of these tokens, in their order.
    package mutating func judge(_ tokens: [ListedToken]) -> [Finding] {
        let references = tokens.map(reference)
        ask(Set(references.compactMap(\.self)).subtracting(findings.keys))
        return references.map { reference in
            reference.map { findings[$0] ?? .spared("\(service.name) was not asked about \($0)") }
                ?? .unnamed("its description does not name a run of \(service.name)")
        }
    }

    private func reference(of token: ListedToken) -> RunReference? {
        guard let description = Description(parsing: token.description) else { return nil }
        return service.reference(in: description.text) { RunTag(hashing: $0) == description.run }
    }

    // MARK: Requests

    private mutating func ask(_ references: Set<RunReference>) {
        var waiting = Array(references)
        var failures = 0
        while !waiting.isEmpty {
            let before = waiting.count
            let failure = round(&waiting)
            // A round in which something was told shows a server that works.
            failures = waiting.count < before ? 1 : failures + 1
            guard let failure, failures < Self.attempts,
                context.retrying(within: budget).pause(after: failure, attempt: failures - 1)
            else { return }
        }
    }

    /// Asks about all of them; those that are worth asking about again stay.
    private mutating func round(_ waiting: inout [RunReference]) -> RunServiceFailure? {
        var rest = waiting[...]
        var asked: [String: RunReference] = [:]
        var failed: [RunReference] = []
        var failure: RunServiceFailure?
        var answers: [RunReference: Finding] = [:]
        transport.send(
            connections: min(Self.connections, waiting.count),
            next: {
                guard failure?.isRateLimit != true, !budget.isOver, !budget.isInterrupted,
                    let reference = rest.popFirst(),
                    let url = service.url(for: reference)
                else { return nil }
                asked[url] = reference
                return request(url)
            },
            completed: { request, result in
                guard let reference = asked[request.url] else { return }
                do throws(RunServiceFailure) {
                    answers[reference] = try finding(of: reference, result)
                } catch {
                    answers[reference] = .spared("\(service.name) was asked about \(reference): \(error.summary)")
                    guard error.isRetryable else { return }
                    failure = error
                    failed.append(reference)
                }
            }
        )
        findings.merge(answers) { $1 }
        waiting = rest + failed
        return failure
    }

    private func request(_ url: String) -> HTTPRequest {
        HTTPRequest(
            method: "GET",
            url: url,
            fields: [
                field, ("Accept", .plain(service.accept)), ("User-Agent", .plain(context.userAgent)),
            ],
            timeout: min(timeout, max(budget.remaining, .milliseconds(1)))
        )
    }

    private func finding(
        of reference: RunReference,
        _ result: Result<HTTPResponse, TransportError>
    ) throws(RunServiceFailure) -> Finding {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try result.get()
        } catch {
            throw RunServiceFailure(error)
        }
        guard response.status == 200 else { throw RunServiceFailure(response) }
        switch JSONDocument(response.body).flatMap({ service.state(of: reference, by: $0.root) }) {
        case .running: return .spared("\(reference) has not ended")
        case .ended(let moment): return .ended(at: moment)
        case nil: return .spared("\(service.name) sent a reply that is not about \(reference)")
        }
    }
}

/// A request to the CI system's API that was not answered as it should be.
private struct RunServiceFailure: RetryableFailure {
    var isRetryable: Bool
    var retryAfter: Duration?
    var isRateLimit: Bool
    var attemptLimit: Int { .max }
    var summary: String

    init(_ error: TransportError) {
        isRetryable = error.isTransient
        isRateLimit = false
        summary = error.detail
    }

    init(_ response: HTTPResponse) {
        let status = response.status
        isRetryable = [408, 425, 429].contains(status) || status >= 500
        isRateLimit = status == 429
        retryAfter = response["Retry-After"].flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
        let missing = [401, 403, 404].contains(status)
        summary = "status \(status)" + (missing ? ", so it is deleted, or the token for the API cannot see it" : "")
    }
}
