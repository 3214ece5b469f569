internal import HostSystem

extension CISystem {
    /// A CI system that says no more than `CI=true`.
    static func unknownSystem(in environment: Environment) -> CISystem? {
        guard environment.isTrue("CI") else { return nil }
        return CISystem("an unknown CI system", identifier: "ci", places: Places(in: environment))
    }

    /// A machine with a person in front of it.
    static func plainMachine(in environment: Environment) -> CISystem {
        CISystem("plain machine", identifier: "local", isCI: false, places: Places(in: environment))
    }
}
