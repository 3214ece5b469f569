import CISystems
import HostSystem
import RunnerGrammars
import Secrets
import Testing

@Suite struct DetectionTests {
    private func detect(
        _ variables: [String: String],
        _ changes: [String: String?] = [:],
        files: FileProbe = .fixed()
    ) -> CISystem {
        CISystem.detect(in: Environment(variables).replacing(changes), files: files)
    }

    @Test(
        arguments: [
            (JobEnvironment.gitHub, "github", "GitHub Actions"),
            (JobEnvironment.gitea, "gitea", "Gitea Actions"),
            (JobEnvironment.forgejo, "forgejo", "Forgejo Actions"),
            (JobEnvironment.act, "act", "act"),
            (JobEnvironment.gitLab, "gitlab", "GitLab CI"),
            (JobEnvironment.azure, "azure", "Azure Pipelines"),
            (JobEnvironment.circleCI, "circleci", "CircleCI"),
            (JobEnvironment.buildkite, "buildkite", "Buildkite"),
            (JobEnvironment.bitbucket, "bitbucket", "Bitbucket Pipelines"),
            (JobEnvironment.teamCity, "teamcity", "TeamCity"),
            (JobEnvironment.travis, "travis", "Travis CI"),
            (JobEnvironment.woodpecker, "woodpecker", "Woodpecker"),
            (JobEnvironment.jenkins, "jenkins", "Jenkins"),
            (JobEnvironment.unknown, "ci", "an unknown CI system"),
            (JobEnvironment.plain, "local", "plain machine"),
            ([:], "local", "plain machine"),
        ]
    )
    func `a system is recognised by what it sets`(variables: [String: String], identifier: String, name: String) {
        let system = detect(variables)
        #expect(system.identifier == identifier)
        #expect(system.name == name)
        #expect(system.isCI == (identifier != "local"))
        #expect(system.defaultReason == name)
    }

    @Test(
        arguments: [
            (["GITHUB_ACTIONS": "true"], "github"),
            (["GITHUB_ACTIONS": "true", "ACT": "true"], "act"),
            (["GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true"], "gitea"),
            (["GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true", "ACT": "true"], "gitea"),
            (["GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"], "forgejo"),
            (["FORGEJO_ACTIONS": "true", "ACT": "true", "GITHUB_ACTIONS": "true"], "forgejo"),
            (["JENKINS_URL": "https://j", "CI": "true"], "jenkins"),
            (["CI": "woodpecker"], "woodpecker"),
            (["CI_SYSTEM_NAME": "woodpecker", "CI": "true"], "woodpecker"),
            (["CI": "1"], "ci"),
            (["CI": "True"], "ci"),
            (["CI": "yes"], "ci"),
            (["CI": "false"], "local"),
            (["CI": "0"], "local"),
            (["CI": "no"], "local"),
            (["CI": "FALSE"], "local"),
            (["CI": ""], "local"),
            (["GITHUB_ACTIONS": "false"], "local"),
            (["GITHUB_ACTIONS": ""], "local"),
            (["TF_BUILD": "True"], "azure"),
            (["GITLAB_CI": "true"], "gitlab"),
            (["BUILD_NUMBER": "1"], "local"),
        ]
    )
    func `the most specific system wins, and no is no`(variables: [String: String], identifier: String) {
        #expect(detect(variables).identifier == identifier)
    }

    @Test func `Jenkins is recognised before an administrator has configured its URL`() {
        let variables = JobEnvironment.jenkins.filter { $0.key != "JENKINS_URL" }
        let build = ["JENKINS_HOME": "/var/jenkins_home", "BUILD_TAG": "jenkins-shop-14"]
        #expect(detect(variables.merging(build) { $1 }).identifier == "jenkins")
        #expect(detect(variables.merging(build) { $1 }).sessionID != nil)
        #expect(detect(variables.merging(["JENKINS_HOME": "/var/jenkins_home"]) { $1 }).identifier != "jenkins")
    }

    @Test(
        arguments: [
            (JobEnvironment.gitHub, Masking.workflowCommands(.escaped)),
            (JobEnvironment.gitea, .workflowCommands(.verbatim)),
            (JobEnvironment.forgejo, .workflowCommands(.verbatim)),
            (JobEnvironment.act, .workflowCommands(.verbatim)),
            (JobEnvironment.azure, .azureCommands),
            (JobEnvironment.gitLab, .none), (JobEnvironment.buildkite, .none), (JobEnvironment.circleCI, .none),
            (JobEnvironment.bitbucket, .none), (JobEnvironment.teamCity, .none), (JobEnvironment.travis, .none),
            (JobEnvironment.woodpecker, .none), (JobEnvironment.jenkins, .none), (JobEnvironment.unknown, .none),
            (JobEnvironment.plain, .none),
        ] as [([String: String], Masking)]
    )
    func `only what surely masks is said to mask`(variables: [String: String], masking: Masking) {
        #expect(detect(variables).masking == masking)
        #expect(detect(variables).provesMasking == (masking != .none))
    }

    @Test func `GitLab masks where the runner has made its store`() {
        let store = FileProbe.fixed("/builds/group/shop.tmp/masking.db")
        #expect(detect(JobEnvironment.gitLab, files: store).masking == .workflowCommands(.verbatim))
        let changes = ["RUNNER_TEMP_PROJECT_DIR": nil] as [String: String?]
        #expect(detect(JobEnvironment.gitLab, changes, files: store).masking == .workflowCommands(.verbatim))
        let elsewhere = FileProbe.fixed("/builds/group/shop/masking.db", "/masking.db", "masking.db")
        #expect(detect(JobEnvironment.gitLab, files: elsewhere).masking == .none)
    }

    @Test func `no store is looked for where GitLab names no absolute folder`() {
        let any = FileProbe(exists: { _ in true }, isExecutable: { _ in false })
        let nowhere = ["RUNNER_TEMP_PROJECT_DIR": nil, "CI_PROJECT_DIR": nil] as [String: String?]
        #expect(detect(JobEnvironment.gitLab, nowhere, files: any).masking == .none)
        let relative = ["RUNNER_TEMP_PROJECT_DIR": "shop.tmp"] as [String: String?]
        #expect(detect(JobEnvironment.gitLab, relative, files: any).masking == .none)
    }

    @Test func `Buildkite masks where its program and the job's interface are`() {
        let agent = FileProbe.fixed("/usr/bin/buildkite-agent")
        let masking = Masking.buildkiteRedactor(program: "/usr/bin/buildkite-agent")
        #expect(detect(JobEnvironment.buildkite, files: agent).masking == masking)
        #expect(
            detect(JobEnvironment.buildkite, ["BUILDKITE_AGENT_JOB_API_SOCKET": nil], files: agent).masking == .none
        )
        #expect(detect(JobEnvironment.buildkite, ["PATH": nil], files: agent).masking == .none)
        #expect(detect(JobEnvironment.buildkite, ["PATH": "/usr/local/bin"], files: agent).masking == .none)
        let first = FileProbe.fixed("/usr/bin/buildkite-agent", "/usr/local/bin/buildkite-agent")
        #expect(
            detect(JobEnvironment.buildkite, files: first).masking
                == .buildkiteRedactor(program: "/usr/local/bin/buildkite-agent")
        )
    }

    @Test func `a program is not looked for in relative folders`() {
        let any = FileProbe(exists: { _ in true }, isExecutable: { !$0.hasPrefix("/") || $0.contains("relative") })
        #expect(detect(JobEnvironment.buildkite, files: any).masking == .none)
    }

    @Test(arguments: [
        (JobEnvironment.gitHub, true), (JobEnvironment.gitea, true), (JobEnvironment.forgejo, true),
        (JobEnvironment.act, true), (JobEnvironment.gitLab, false), (JobEnvironment.azure, false),
        (JobEnvironment.circleCI, false), (JobEnvironment.plain, false),
    ])
    func `what follows GitHub exports through its file`(variables: [String: String], isGitHubLike: Bool) {
        let system = detect(variables)
        #expect(system.automaticExport == (isGitHubLike ? .github : .file))
        #expect((system.environmentFiles != nil) == isGitHubLike)
        #expect((system.stepSummary != nil) == isGitHubLike)
    }

    @Test func `the parsers of act, Gitea and Forgejo are told from GitHub's`() {
        #expect(detect(JobEnvironment.gitHub).environmentFiles?.dialect == .gitHub)
        for variables in [JobEnvironment.act, JobEnvironment.gitea, JobEnvironment.forgejo] {
            #expect(detect(variables).environmentFiles?.dialect == .act)
        }
    }

    @Test(
        arguments: [
            ("3600", 3600), ("1", 1), ("0", nil), ("-5", nil), ("", nil), ("1h", nil), ("99999999999999999999", nil),
        ] as [(String, Int64?)]
    )
    func `GitLab says how long a job may take`(text: String, limit: Int64?) {
        #expect(detect(JobEnvironment.gitLab, ["CI_JOB_TIMEOUT": text]).jobTimeLimit == limit)
    }

    @Test func `no other system says how long a job may take`() {
        #expect(detect(JobEnvironment.gitHub, ["CI_JOB_TIMEOUT": "3600"]).jobTimeLimit == nil)
        #expect(detect(JobEnvironment.plain).jobTimeLimit == nil)
    }

    @Test func `a trace that shows evaluated text is known`() {
        let traced = ["CI_DEBUG_TRACE": "true"] as [String: String?]
        #expect(detect(JobEnvironment.gitLab, traced).revealsEvaluatedText)
        #expect(!detect(JobEnvironment.gitLab).revealsEvaluatedText)
        #expect(!detect(JobEnvironment.gitLab, ["CI_DEBUG_TRACE": "false"]).revealsEvaluatedText)
        let store = FileProbe.fixed("/builds/group/shop.tmp/masking.db")
        #expect(!detect(JobEnvironment.gitLab, traced, files: store).revealsEvaluatedText)
        #expect(detect(JobEnvironment.gitHub, ["RUNNER_DEBUG": "1"]).isTracing)
        #expect(!detect(JobEnvironment.gitHub, ["RUNNER_DEBUG": "1"]).revealsEvaluatedText)
        #expect(detect(JobEnvironment.azure, ["SYSTEM_DEBUG": "True"]).isTracing)
        #expect(!detect(JobEnvironment.azure).isTracing)
    }
}
