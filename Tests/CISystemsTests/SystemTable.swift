import CISystems
import HostSystem

/// What is expected of a system: one row of all tables.
struct SystemRow {
    /// The variables of a real job.
    var job: [String: String]
    var name: String
    var masking = Masking.none
    var isLikeGitHub = false
    var description: String
    var url: String?
    /// Variables that differ between the runs of a system.
    var runs: [String] = []
    /// A variable that differs between the jobs of one run.
    var jobOfRun: String?
    /// Variables that differ between jobs.
    var sessions: [String] = []
    /// Variables that differ between the steps of one job.
    var steps: [String] = []
    var leases: String?
    /// Before those of the user and the system.
    var temporary: [String] = []
    var published: [String] = []
    /// Seconds, and who says so.
    var limit: (seconds: Int64, source: String)?
    var identity = IdentityProvision.unknown
}

extension CISystem.Kind {
    /// A system without a row does not compile.
    var row: SystemRow {
        switch self {
        case .gitHub: .gitHub
        case .gitea: .gitea
        case .forgejo: .forgejo
        case .act: .act
        case .gitLab: .gitLab
        case .azure: .azure
        case .circleCI: .circleCI
        case .buildkite: .buildkite
        case .bitbucket: .bitbucket
        case .teamCity: .teamCity
        case .travis: .travis
        case .woodpecker: .woodpecker
        case .jenkins: .jenkins
        case .unknown: .unknown
        case .plain: .plain
        }
    }

    /// The systems that tell their jobs apart.
    static var withSessions: [CISystem.Kind] { allCases.filter { !$0.row.sessions.isEmpty } }

    func detect(_ changes: [String: String?] = [:], files: FileProbe = .fixed()) -> CISystem {
        CISystem.detect(in: Environment(row.job).replacing(changes), files: files)
    }
}

extension SystemRow {
    private static let gitHubLimit = (Int64(21600), "GitHub's default for timeout-minutes, which it follows")

    static let gitHub = SystemRow(
        job: JobEnvironment.gitHub,
        name: "GitHub Actions",
        masking: .workflowCommands(.escaped),
        isLikeGitHub: true,
        description: "github acme/shop run 123.2 deploy",
        url: "https://github.com/acme/shop/actions/runs/123/attempts/2",
        runs: ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL"],
        jobOfRun: "GITHUB_JOB",
        sessions: ["GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "RUNNER_NAME"],
        // A step that starts a server for later ones changes the tracking id.
        steps: [
            "RUNNER_TRACKING_ID", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_ACTION",
            "PWD", "HOME",
        ],
        leases: "/home/runner/work/_temp/pulumi-token",
        temporary: ["/home/runner/work/_temp"],
        published: ["/home/runner/work/shop/shop"],
        limit: (21600, "GitHub's default for timeout-minutes"),
        identity: .forbidden
    )

    static let gitea = SystemRow(
        job: JobEnvironment.gitea,
        name: "Gitea Actions",
        masking: .workflowCommands(.verbatim),
        isLikeGitHub: true,
        description: "gitea acme/shop run 123.2 deploy",
        url: "https://gitea.acme.com/acme/shop/actions/runs/45",
        runs: ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY"],
        jobOfRun: "GITHUB_JOB",
        sessions: ["RUNNER_TEMP", "RUNNER_NAME", "GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_SERVER_URL"],
        steps: ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_ACTION", "PWD"],
        leases: "/tmp/pulumi-token",
        published: ["/home/runner/work/shop/shop"],
        limit: gitHubLimit,
        identity: .forbidden
    )

    static let forgejo = SystemRow(
        job: JobEnvironment.forgejo,
        name: "Forgejo Actions",
        masking: .workflowCommands(.verbatim),
        isLikeGitHub: true,
        description: "forgejo acme/shop run 123.2 deploy",
        url: "https://code.acme.com/acme/shop/actions/runs/45",
        runs: ["GITHUB_RUN_ID", "GITHUB_SERVER_URL"],
        jobOfRun: "RUNNER_NAME",
        sessions: ["RUNNER_TEMP", "RUNNER_NAME", "GITHUB_JOB", "GITHUB_RUN_ID"],
        steps: ["GITHUB_ENV", "GITHUB_STATE", "GITHUB_ACTION", "PWD"],
        leases: "/tmp/pulumi-token",
        published: ["/home/runner/work/shop/shop"],
        limit: gitHubLimit,
        identity: .forbidden
    )

    static let act = SystemRow(
        job: JobEnvironment.act,
        name: "act",
        masking: .workflowCommands(.verbatim),
        isLikeGitHub: true,
        description: "act acme/shop run 1 deploy",
        leases: "/tmp/pulumi-token",
        published: ["/home/runner/work/shop/shop"],
        limit: gitHubLimit,
        identity: .forbidden
    )

    static let gitLab = SystemRow(
        job: JobEnvironment.gitLab,
        name: "GitLab CI",
        description: "gitlab group/shop run 555 job 9876 deploy: [prod]",
        url: "https://gitlab.acme.com/group/shop/-/jobs/9876",
        runs: ["CI_PIPELINE_ID", "CI_SERVER_URL"],
        jobOfRun: "CI_JOB_ID",
        sessions: ["CI_JOB_ID", "CI_SERVER_HOST"],
        steps: ["CI_JOB_STATUS", "CI_JOB_STAGE", "PWD"],
        leases: "/builds/group/shop.tmp/pulumi-token",
        temporary: ["/builds/group/shop.tmp"],
        published: ["/builds/group/shop"],
        limit: (3600, "CI_JOB_TIMEOUT"),
        identity: .declared
    )

    static let azure = SystemRow(
        job: JobEnvironment.azure,
        name: "Azure Pipelines",
        masking: .azureCommands,
        description: "azure shop run 77 deploy",
        url: "https://dev.azure.com/acme/Web%20Shop/_build/results?buildId=77",
        runs: ["BUILD_BUILDID", "SYSTEM_COLLECTIONURI"],
        jobOfRun: "SYSTEM_JOBATTEMPT",
        sessions: ["SYSTEM_JOBID", "SYSTEM_JOBATTEMPT", "SYSTEM_STAGEATTEMPT", "BUILD_BUILDID"],
        steps: ["SYSTEM_TASKINSTANCEID", "SYSTEM_STEPID", "PWD"],
        temporary: ["/home/vsts/work/_temp"],
        published: ["/home/vsts/work/1/a", "/home/vsts/work/1/s", "/home/vsts/work/1"],
        limit: (3600, "Azure's default for timeoutInMinutes")
    )

    static let circleCI = SystemRow(
        job: JobEnvironment.circleCI,
        name: "CircleCI",
        description: "circleci acme/shop run b7a1e2d8 deploy",
        url: "https://circleci.com/gh/acme/shop/12",
        runs: ["CIRCLE_WORKFLOW_ID"],
        jobOfRun: "CIRCLE_JOB",
        sessions: ["CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"],
        steps: ["BASH_ENV", "PWD"],
        published: ["/home/circleci/project"],
        limit: (18000, "CircleCI's maximum job time")
    )

    static let buildkite = SystemRow(
        job: JobEnvironment.buildkite,
        name: "Buildkite",
        description: "buildkite acme/shop run 31 :rocket: deploy",
        url: "https://buildkite.com/acme/shop/builds/31",
        runs: ["BUILDKITE_BUILD_NUMBER", "BUILDKITE_PIPELINE_SLUG"],
        jobOfRun: "BUILDKITE_LABEL",
        sessions: ["BUILDKITE_JOB_ID"],
        steps: ["BUILDKITE_HOOK_PHASE", "BUILDKITE_COMMAND_EXIT_STATUS", "PWD"],
        published: ["/var/lib/buildkite-agent/builds/a/acme/shop"],
        limit: (2700, "BUILDKITE_TIMEOUT")
    )

    static let bitbucket = SystemRow(
        job: JobEnvironment.bitbucket,
        name: "Bitbucket Pipelines",
        description: "bitbucket acme/shop run 8",
        url: "https://bitbucket.org/acme/shop/pipelines/results/8",
        runs: ["BITBUCKET_BUILD_NUMBER", "BITBUCKET_REPO_FULL_NAME"],
        jobOfRun: "BITBUCKET_STEP_UUID",
        sessions: ["BITBUCKET_STEP_UUID", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_RUN_NUMBER"],
        steps: ["BITBUCKET_EXIT_CODE", "PWD"],
        published: ["/opt/atlassian/pipelines/agent/build"],
        limit: (7200, "Bitbucket's default for max-time")
    )

    static let teamCity = SystemRow(
        job: JobEnvironment.teamCity,
        name: "TeamCity",
        description: "teamcity Shop/Deploy run 19",
        url: "https://teamcity.acme.com/build/4711",
        runs: ["BUILD_NUMBER", "TEAMCITY_BUILDCONF_NAME"],
        jobOfRun: "TEAMCITY_BUILD_PROPERTIES_FILE",
        sessions: ["TEAMCITY_BUILD_PROPERTIES_FILE", "BUILD_NUMBER"],
        steps: ["PWD", "TMPDIR"]
    )

    static let travis = SystemRow(
        job: JobEnvironment.travis,
        name: "Travis CI",
        description: "travis acme/shop run 1001 7.1",
        url: "https://app.travis-ci.com/acme/shop/jobs/1002",
        runs: ["TRAVIS_BUILD_ID", "TRAVIS_REPO_SLUG"],
        jobOfRun: "TRAVIS_JOB_NUMBER",
        sessions: ["TRAVIS_JOB_ID"],
        steps: ["TRAVIS_TEST_RESULT", "PWD"],
        limit: (7200, "Travis CI's maximum job time")
    )

    static let woodpecker = SystemRow(
        job: JobEnvironment.woodpecker,
        name: "Woodpecker",
        description: "woodpecker acme/shop run 6 deploy",
        url: "https://ci.acme.com/repos/1/pipeline/6",
        runs: ["CI_PIPELINE_NUMBER", "CI_REPO", "CI_SYSTEM_URL"],
        jobOfRun: "CI_WORKFLOW_NAME",
        sessions: ["CI_WORKFLOW_NUMBER", "CI_PIPELINE_NUMBER"],
        steps: ["CI_STEP_NAME", "CI_STEP_NUMBER", "PWD"]
    )

    static let jenkins = SystemRow(
        job: JobEnvironment.jenkins,
        name: "Jenkins",
        description: "jenkins folder/shop run 14 Deploy",
        url: "https://jenkins.acme.com/job/shop/14/",
        runs: ["BUILD_NUMBER", "JOB_NAME", "JENKINS_URL"],
        jobOfRun: "STAGE_NAME",
        // Parallel stages may share an executor.
        sessions: ["EXECUTOR_NUMBER", "NODE_NAME", "BUILD_NUMBER", "STAGE_NAME"],
        steps: ["PWD", "WORKSPACE_TMP"],
        published: ["/var/jenkins_home/workspace/shop"]
    )

    static let unknown = SystemRow(
        job: JobEnvironment.unknown,
        name: "an unknown CI system",
        description: "ci builder@box"
    )

    static let plain = SystemRow(
        job: JobEnvironment.plain,
        name: "plain machine",
        description: "local alice@laptop"
    )
}
