internal import HostSystem

extension CISystem {
    /// `act`, which runs workflows on one's own machine: all runs have the same number, so none has a session.
    /// https://github.com/nektos/act
    static func act(in environment: Environment) -> CISystem? {
        guard environment.isTrue("ACT") else { return nil }
        var system = gitHubCompatible(.act, "act", in: environment, dialect: .verbatim)
        system.hasUniqueRuns = false
        return system
    }
}
