internal import HostSystem

extension CISystem {
    /// CircleCI. https://circleci.com/docs/variables/
    static func circleCI(in environment: Environment) -> CISystem? {
        guard environment.isTrue("CIRCLECI") else { return nil }
        let url = environment.nonEmpty("CIRCLE_BUILD_URL")
        var system = CISystem(
            .circleCI,
            "CircleCI",
            places: Places(in: environment, published: [circleWorkingDirectory(in: environment)])
        )
        system.job = environment.nonEmpty("CIRCLE_WORKFLOW_ID").map { workflow in
            JobIdentity(
                system: "circleci",
                server: url.flatMap(origin),
                repository: path(environment["CIRCLE_PROJECT_USERNAME"], environment["CIRCLE_PROJECT_REPONAME"]),
                run: workflow,
                job: environment.nonEmpty("CIRCLE_JOB"),
                url: url
            )
        }
        // The containers of a parallel job share its id.
        system.sessionID = environment.nonEmpty("CIRCLE_WORKFLOW_JOB_ID").map {
            canonicalLine("circleci", $0, environment["CIRCLE_NODE_INDEX"])
        }
        system.forkEvidence = .known(environment.nonEmpty("CIRCLE_PR_REPONAME") != nil)
        return system
    }

    private static func circleWorkingDirectory(in environment: Environment) -> String? {
        guard let folder = environment.nonEmpty("CIRCLE_WORKING_DIRECTORY"), folder.hasPrefix("~") else {
            return environment.nonEmpty("CIRCLE_WORKING_DIRECTORY")
        }
        return environment.nonEmpty("HOME").map { $0 + folder.dropFirst() }
    }
}

/// `https://host` of an address.
func origin(of address: String) -> String? {
    let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, parts[1].isEmpty else { return nil }
    return "\(parts[0])//\(parts[2])"
}

/// The parts that are there, with slashes between; nil when none is.
func path(_ parts: String?...) -> String? {
    let present = parts.compactMap(\.self).filter { !$0.isEmpty }
    return present.isEmpty ? nil : present.joined(separator: "/")
}
