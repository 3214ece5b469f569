import CISystems
import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

@Suite struct DetectionTests {
    private func detect(
        _ variables: [String: String],
        _ changes: [String: String?] = [:],
        files: FileProbe = .fixed()
    ) -> CISystem {
        CISystem.detect(in: Environment(variables).replacing(changes), files: files)
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `a system is recognised by what it sets`(kind: CISystem.Kind) {
        let system = kind.detect()
        #expect(system.kind == kind)
        #expect(system.identifier == kind.rawValue)
        #expect(system.name == kind.row.name)
        #expect(system.isCI == (kind != .plain))
        #expect(system.defaultReason == kind.row.name)
        #expect(system.contradicting == [])
        #expect(system.maskingNotice == nil || kind == .buildkite)
    }

    @Test func `a machine without variables is a plain one`() {
        #expect(detect([:]).kind == .plain)
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

    @Test(arguments: CISystem.Kind.allCases)
    func `only what surely masks is said to mask`(kind: CISystem.Kind) {
        #expect(kind.detect().masking == kind.row.masking)
        #expect(kind.detect().provesMasking == (kind.row.masking != .none))
    }

    /// A line that masks in one system is shown by another, and with it the secret.
    @Test(arguments: CISystem.Kind.allCases, CISystem.Kind.allCases)
    func `where two systems contradict each other nothing is masked`(one: CISystem.Kind, other: CISystem.Kind) {
        let likeGitHub: Set<CISystem.Kind> = [.gitHub, .gitea, .forgejo, .act]
        let agree =
            one == other || likeGitHub.isSuperset(of: [one, other])
            || [one, other].contains { $0 == .plain || $0 == .unknown }
        let system = detect(one.row.job.merging(other.row.job) { $1.isEmpty ? $0 : $1 })
        #expect(system.contradicting.isEmpty == agree)
        #expect(agree || system.masking == .none)
        #expect(agree || system.automaticExport == .file)
        #expect(agree || system.maskingNotice?.contains(system.name) == true)
    }

    @Test(arguments: [
        ("GITLAB_CI", "GITHUB_ACTIONS", CISystem.Kind.gitHub), ("GITLAB_CI", "ACT", .act),
        ("GITLAB_CI", "TF_BUILD", .gitLab), ("JENKINS_URL", "TF_BUILD", .azure),
    ])
    func `the more specific system keeps its other traits`(one: String, other: String, kind: CISystem.Kind) {
        let system = detect([one: "true", other: "true", "CI_JOB_ID": "7"])
        #expect(system.kind == kind)
        #expect(system.masking == .none)
        #expect(system.maskingNotice?.hasSuffix("so nothing is masked") == true)
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

    @Test func `Buildkite masks where its agent has an interface for the job`() {
        #expect(detect(JobEnvironment.buildkite).masking == .none)
        let both = ["BUILDKITE_AGENT_JOB_API_TOKEN": "job-api"] as [String: String?]
        let system = detect(JobEnvironment.buildkite, both)
        #expect(system.masking.isSilent && system.provesMasking)
        #expect(system.maskingNotice == nil)
        let without = both.merging(["BUILDKITE_AGENT_JOB_API_SOCKET": nil]) { $1 }
        #expect(detect(JobEnvironment.buildkite, without).masking == .none)
        #expect(
            detect(JobEnvironment.buildkite, without).maskingNotice
                == "this Buildkite agent has no job API, so nothing can be masked"
        )
        let container = both.merging(["PATH": nil]) { $1 }
        #expect(detect(JobEnvironment.buildkite, container).provesMasking, "a container has no program of the agent")
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `what follows GitHub exports through its file`(kind: CISystem.Kind) {
        let system = kind.detect()
        #expect(system.automaticExport == (kind.row.isLikeGitHub ? .github : .file))
        #expect((system.environmentFiles != nil) == kind.row.isLikeGitHub)
        #expect((system.stepSummary != nil) == kind.row.isLikeGitHub)
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

    @Test(arguments: CISystem.Kind.allCases)
    func `the limit of a job is what its system states or documents`(kind: CISystem.Kind) {
        let limit = kind.detect().timeLimit
        #expect(limit?.seconds == kind.row.limit?.seconds)
        #expect(limit?.source == kind.row.limit?.source)
        #expect(kind.detect().jobTimeLimit == kind.row.limit?.seconds)
    }

    @Test(
        arguments: [("45", 2700), ("false", nil), ("", nil), ("0", nil), ("9223372036854775807", nil)]
            as [(String, Int64?)]
    )
    func `Buildkite states minutes, or that there are none`(text: String, limit: Int64?) {
        #expect(detect(JobEnvironment.buildkite, ["BUILDKITE_TIMEOUT": text]).jobTimeLimit == limit)
    }

    @Test func `the page of other systems shows each limit`() throws {
        let page = try Repository.text("docs/other-ci.md")
        for kind in CISystem.Kind.allCases {
            guard let limit = kind.row.limit, limit.source.hasPrefix("CI_") || !limit.source.contains("_") else {
                continue
            }
            let time = limit.source.hasPrefix("CI_") ? "" : TimeSpan(seconds: limit.seconds).description
            let row = page.split(separator: "\n").first {
                $0.hasPrefix("| ") && $0.contains(limit.source) && $0.contains(time)
            }
            #expect(row != nil, "\(kind)")
        }
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `how a job gets an identity token is known`(kind: CISystem.Kind) {
        #expect(kind.detect().identity == kind.row.identity)
        let service = [
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://t.example/?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "ask",
        ]
        #expect(
            kind.detect(service).identity == .service(url: "https://t.example/?v=2", bearer: Secret("ask")),
            "whoever is told of GitHub's service has it"
        )
    }

    @Test func `a branch that protected secrets do not reach is GitLab's alone`() {
        let unprotected = ["CI_COMMIT_REF_PROTECTED": "false"] as [String: String?]
        #expect(detect(JobEnvironment.gitLab, unprotected).isUnprotected)
        #expect(!detect(JobEnvironment.gitLab, ["CI_COMMIT_REF_PROTECTED": "true"]).isUnprotected)
        #expect(!detect(["CI": "true", "GITLAB_CI": "false", "CI_COMMIT_REF_PROTECTED": "false"]).isUnprotected)
    }

    @Test(
        arguments: [
            (JobEnvironment.azure, ["SYSTEM_PULLREQUEST_ISFORK": "True"], true),
            (JobEnvironment.azure, ["SYSTEM_PULLREQUEST_ISFORK": "False"], false), (JobEnvironment.azure, [:], false),
            (JobEnvironment.circleCI, ["CIRCLE_PR_REPONAME": "fork"], true), (JobEnvironment.circleCI, [:], false),
            (JobEnvironment.travis, ["TRAVIS_PULL_REQUEST_SLUG": "someone/shop"], true),
            (JobEnvironment.travis, ["TRAVIS_PULL_REQUEST_SLUG": "Acme/Shop"], false),
            (JobEnvironment.travis, ["TRAVIS_PULL_REQUEST_SLUG": ""], false),
            (
                JobEnvironment.gitLab,
                [
                    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "someone/shop",
                    "CI_MERGE_REQUEST_PROJECT_PATH": "group/shop",
                ], true
            ),
            (
                JobEnvironment.gitLab,
                [
                    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "group/shop", "CI_MERGE_REQUEST_PROJECT_PATH": "group/shop",
                ], false
            ),
            (JobEnvironment.gitLab, [:], false), (JobEnvironment.plain, [:], false),
        ] as [([String: String], [String: String?], Bool)]
    )
    func `a fork's job is known where the system says so`(
        job: [String: String],
        changes: [String: String?],
        isFork: Bool
    ) {
        #expect(detect(job, changes).isFork == isFork)
    }

    @Test(
        arguments: [
            ("pull_request", "someone/shop", true), ("pull_request_review", "someone/shop", true),
            ("pull_request", "acme/shop", false), ("pull_request", "Acme/Shop", false),
            // Runs with the rights of the repository itself.
            ("pull_request_target", "someone/shop", false), ("push", "someone/shop", false),
        ]
    )
    func `GitHub's event tells a fork`(event: String, source: String, isFork: Bool) throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            #"{"action":"opened","pull_request":{"head":{"repo":{"full_name":"\#(source)"}}}}"#,
            to: "event.json"
        )
        let changes = ["GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": path] as [String: String?]
        #expect(detect(JobEnvironment.gitHub, changes).isFork == isFork)
    }

    @Test(arguments: ["", "{", "{}", #"{"pull_request":null}"#, #"{"pull_request":{"head":{"repo":null}}}"#])
    func `an event that tells nothing is no fork's`(text: String) throws {
        let folder = try ScratchFolder()
        let path = try folder.write(text, to: "event.json")
        for path in [path, "/nowhere"] {
            let changes = ["GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": path] as [String: String?]
            #expect(!detect(JobEnvironment.gitHub, changes).isFork)
        }
    }

    @Test(.hangLimit) func `a pipe that should be an event is no fork's, and is not waited for`() throws {
        let folder = try ScratchFolder()
        let changes = ["GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": try folder.makePipe("event.json")]
        #expect(!detect(JobEnvironment.gitHub, changes as [String: String?]).isFork)
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
