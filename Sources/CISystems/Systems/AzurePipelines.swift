internal import HostSystem
internal import Supervision

extension CISystem {
    /// Azure Pipelines. https://learn.microsoft.com/azure/devops/pipelines/build/variables
    static func azurePipelines(in environment: Environment) -> CISystem? {
        guard environment.isTrue("TF_BUILD") else { return nil }
        var system = CISystem(
            .azure,
            "Azure Pipelines",
            places: Places(
                in: environment,
                temporary: [environment["AGENT_TEMPDIRECTORY"]],
                published: [
                    environment["BUILD_ARTIFACTSTAGINGDIRECTORY"], environment["BUILD_SOURCESDIRECTORY"],
                    environment["PIPELINE_WORKSPACE"],
                ]
            )
        )
        system.job = azureJob(in: environment)
        system.sessionID = environment.nonEmpty("SYSTEM_JOBID").map {
            canonicalLine(
                "azure",
                environment["SYSTEM_COLLECTIONURI"],
                environment["BUILD_BUILDID"],
                $0,
                environment["SYSTEM_STAGEATTEMPT"],
                environment["SYSTEM_JOBATTEMPT"]
            )
        }
        system.ending = JobEnding(afterInterrupt: .seconds(9), afterTermination: .seconds(5))
        system.masking = .azureCommands
        system.annotations = .azureCommands
        system.folding = .azureGroups
        system.isTracing = environment.isTrue("SYSTEM_DEBUG")
        system.forkEvidence = .known(environment.isTrue("SYSTEM_PULLREQUEST_ISFORK"))
        return system
    }

    /// Stages and jobs are tried again within the same run, so it has no attempt.
    private static func azureJob(in environment: Environment) -> JobIdentity? {
        let server = environment.nonEmpty("SYSTEM_COLLECTIONURI")
        let project = environment.nonEmpty("SYSTEM_TEAMPROJECT")
        return environment.nonEmpty("BUILD_BUILDID").map { run in
            JobIdentity(
                system: "azure",
                server: server,
                repository: environment.nonEmpty("BUILD_REPOSITORY_NAME") ?? project,
                run: run,
                job: environment.nonEmpty("SYSTEM_JOBNAME") ?? environment.nonEmpty("AGENT_JOBNAME"),
                url: server.flatMap { server in
                    project.map { substituting(" ", with: "%20", in: "\(server)\($0)/_build/results?buildId=\(run)") }
                }
            )
        }
    }
}
