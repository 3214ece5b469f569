internal import HostSystem

extension CISystem {
    /// A CI system that says no more than `CI=true`.
    static func unknownSystem(in environment: Environment) -> CISystem? {
        guard environment.isTrue("CI") else { return nil }
        var system = CISystem(.unknown, "an unknown CI system", places: Places(in: environment))
        // What runs GitLab's pipelines elsewhere says that it is not GitLab, but numbers its jobs.
        system.sessionID = environment.nonEmpty("CI_JOB_ID").map {
            canonicalLine("ci", environment.nonEmpty("CI_SERVER_HOST"), $0)
        }
        return system
    }

    /// A machine with a person in front of it.
    static func plainMachine(in environment: Environment) -> CISystem {
        CISystem(.plain, "plain machine", isCI: false, places: Places(in: environment))
    }
}
