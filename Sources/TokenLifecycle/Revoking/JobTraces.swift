internal import Credentials
internal import HostSystem
internal import PulumiCloud
internal import Secrets

/// What a job left in its private folder and its variables: whether it worked with the token and the backend that it was
/// given.
package struct JobTraces: Equatable, Sendable {
    /// A login that came after the mint, and the backend that Pulumi used in spite of it.
    package struct OverruledLogin: Equatable, Sendable {
        package var chosen: String
        package var used: String
    }

    package var overruledLogin: OverruledLogin?
    /// The variable that was given the token and holds something else by now.
    package var overwrittenVariable: String?

    package init() {}

    /// Looks before the files of a lease are removed.
    ///
    /// - Parameter backend: what the job has in `PULUMI_BACKEND_URL`.
    static func find(of lease: Lease, in environment: Environment, backend: String?) -> JobTraces {
        var traces = JobTraces()
        guard lease.isExported else { return traces }
        traces.overruledLogin = overruledLogin(of: lease, backend)
        traces.overwrittenVariable = overwrittenVariable(of: lease, environment)
        return traces
    }

    /// Only the backend that was exported with the token counts: any other is the job's own choice.
    private static func overruledLogin(of lease: Lease, _ backend: String?) -> OverruledLogin? {
        guard let folder = lease.folder, let backend, (try? CloudURL(backend))?.text == lease.cloud,
            let chosen = JobFolder.currentBackend(at: folder), !isSame(chosen, backend)
        else { return nil }
        return OverruledLogin(chosen: chosen, used: backend)
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = try? CloudURL(one), let other = try? CloudURL(other) else { return one == other }
        return one == other
    }

    /// Where the job has the token's id, it has or had the token; the credential that minted is there on purpose.
    private static func overwrittenVariable(of lease: Lease, _ environment: Environment) -> String? {
        guard let variable = lease.variable, let token = lease.token, let fingerprint = token.fingerprint,
            let id = token.id, environment["PULUMI_ACCESS_TOKEN_ID"] == id.rawValue
        else { return nil }
        let value = Fingerprint(of: Secret(environment[variable] ?? ""), salt: lease.id)
        return value == fingerprint || value == lease.parent ? nil : variable
    }
}
