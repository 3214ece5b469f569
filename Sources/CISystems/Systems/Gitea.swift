internal import HostSystem

extension CISystem {
    /// Gitea Actions.
    ///
    /// It also sets the variables of GitHub.
    static func gitea(in environment: Environment) -> CISystem? {
        guard environment.isTrue("GITEA_ACTIONS") else { return nil }
        return forge(.gitea, "Gitea Actions", in: environment)
    }
}
