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
            "Jenkins",
            identifier: "jenkins",
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
        // Parallel branches of a build have executors of their own.
        system.sessionID = system.job.map {
            canonicalLine($0.canonicalRun, environment["NODE_NAME"], environment["EXECUTOR_NUMBER"])
        }
        return system
    }
}
