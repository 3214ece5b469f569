package import HostSystem
internal import JSON
package import Secrets

/// The interface of Buildkite's agent for the job that it runs: HTTP on a socket, of which the job is told.
///
/// Spoken here rather than by starting the agent's program: a container has the socket, but often no program, and each
/// start takes longer than a mint. https://buildkite.com/docs/apis/agent-api/job
package struct BuildkiteJobAPI: Sendable, Equatable {
    /// Shorter values are refused by the agent's redactor.
    static let shortestValue = 6
    /// The longest that all requests of one kind may take.
    private static let timeout: Duration = .seconds(10)

    let socket: String
    let token: Secret

    /// nil where the job has no such interface, as with old agents.
    init?(in environment: Environment) {
        guard let socket = environment.nonEmpty("BUILDKITE_AGENT_JOB_API_SOCKET"),
            let token = environment.nonEmpty("BUILDKITE_AGENT_JOB_API_TOKEN")
        else { return nil }
        self.socket = socket
        self.token = Secret(token)
    }

    /// Lets the agent mask the values from now on; returns those that it cannot mask.
    package func redact(_ forms: [Secret], budget: TimeBudget) throws(ExportError) -> [Secret] {
        let budget = budget.within(Self.timeout)
        for form in forms where isMaskable(form) {
            let body = JSONText.object { $0.member("redact", form) }
            try send("POST", "/api/current-job/v0/redactions", body, budget)
        }
        return forms.filter { !isMaskable($0) }
    }

    /// Sets variables for the rest of the job: its later hooks and its command.
    package func set(_ variables: [ExportedVariable], budget: TimeBudget) throws(ExportError) {
        for variable in variables where !VariableName.isWellFormed(variable.name) {
            throw .unusableName(variable.name, .malformed)
        }
        let body = JSONText.object { body in
            body.member("env") { env in
                for variable in variables {
                    switch variable.value {
                    case .plain(let text): env.member(variable.name, text)
                    case .secret(let secret): env.member(variable.name, secret)
                    }
                }
            }
        }
        try send("PATCH", "/api/current-job/v0/env", body, budget.within(Self.timeout))
    }

    private func isMaskable(_ form: Secret) -> Bool {
        form.count >= Self.shortestValue && form.reveal { isValidUTF8($0) && !$0.contains(0) }
    }

    private func send(_ method: String, _ path: String, _ body: Secret, _ budget: TimeBudget) throws(ExportError) {
        let request = Secret { request in
            request.append("\(method) \(path) HTTP/1.1\r\nHost: job\r\nAuthorization: Bearer ")
            request.append(token)
            request.append("\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n")
            request.append("Connection: close\r\n\r\n")
            request.append(body)
        }
        do throws(SocketFailure) {
            let status = try SocketExchange(path: socket, budget: budget).status(of: request)
            guard (200..<300).contains(status) else { throw SocketFailure("status \(status)") }
        } catch {
            throw .agentFailed(reason: error.reason)
        }
    }
}
