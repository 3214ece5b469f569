internal import HostSystem

extension CISystem {
    /// TeamCity. https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html
    static func teamCity(in environment: Environment) -> CISystem? {
        guard environment.nonEmpty("TEAMCITY_VERSION") != nil else { return nil }
        var system = CISystem(.teamCity, "TeamCity", places: Places(in: environment))
        let url = environment.nonEmpty("BUILD_URL")
        system.job = environment.nonEmpty("BUILD_NUMBER").map { build in
            JobIdentity(
                system: "teamcity",
                server: url.flatMap(origin),
                repository: path(environment["TEAMCITY_PROJECT_NAME"], environment["TEAMCITY_BUILDCONF_NAME"]),
                run: build,
                url: url
            )
        }
        // Numbers of builds can be chosen freely; this file is made for one build.
        system.sessionID = environment.nonEmpty("TEAMCITY_BUILD_PROPERTIES_FILE").map {
            canonicalLine("teamcity", system.job?.canonicalRun, $0)
        }
        system.folding = .teamCityBlocks
        return system
    }
}
