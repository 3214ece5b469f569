internal import HostSystem
internal import Supervision

extension CISystem {
    /// Jenkins. https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
    static func jenkins(in environment: Environment) -> CISystem? {
        // The URL is missing until an administrator has configured it.
        let server = environment.nonEmpty("JENKINS_URL")
        let isBuild = environment.nonEmpty("JENKINS_HOME") != nil && environment.nonEmpty("BUILD_TAG") != nil
        guard server != nil || isBuild else { return nil }
        var system = CISystem(
            .jenkins,
            "Jenkins",
            places: Places(in: environment, published: [environment["WORKSPACE"]])
        )
        system.job = environment.nonEmpty("BUILD_NUMBER").map { build in
            JobIdentity(
                system: "jenkins",
                server: server,
                repository: environment.nonEmpty("JOB_NAME"),
                run: build,
                job: environment.nonEmpty("STAGE_NAME"),
                url: environment.nonEmpty("BUILD_URL")
            )
        }
        system.ending = JobEnding(afterTermination: .seconds(4), tellsEveryProcess: true)
        let executor = system.job.map {
            canonicalLine($0.canonicalRun, environment["NODE_NAME"], environment["EXECUTOR_NUMBER"])
        }
        // Parallel stages may share the executor. The steps after all stages belong to each of them.
        let stage = environment.nonEmpty("STAGE_NAME").flatMap { $0 == stageAfterAll ? nil : $0 }
        system.sessionID = executor.map { executor in
            stage.map { executor + "|" + canonicalLine($0) } ?? executor
        }
        system.wholeBuildSession = stage == nil ? executor : nil
        return system
    }

    /// What Jenkins calls the steps of a pipeline's own `post`.
    private static let stageAfterAll = "Declarative: Post Actions"
}
