import CISystems
import HostSystem
import Testing

@Suite struct JobIdentityTests {
    private func detect(_ variables: [String: String], _ changes: [String: String?] = [:]) -> CISystem {
        CISystem.detect(in: Environment(variables).replacing(changes), files: .fixed())
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `a token is described by its job`(kind: CISystem.Kind) {
        #expect(kind.detect().defaultDescription == kind.row.description)
    }

    @Test(arguments: [
        ([:], "local"), (["USER": "alice"], "local alice"), (["LOGNAME": "bob", "USER": ""], "local bob"),
        (["HOSTNAME": "laptop"], "local laptop"), (["GITHUB_ACTIONS": "true", "USER": "runner"], "github runner"),
    ])
    func `or by who sits there`(variables: [String: String], description: String) {
        #expect(detect(variables).defaultDescription == description)
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `a person can look at the run`(kind: CISystem.Kind) {
        #expect(kind.detect().job?.url == kind.row.url)
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `jobs of one run share its canonical name`(kind: CISystem.Kind) {
        let name = kind.detect().canonicalRun
        #expect((name != nil) == !kind.row.runs.isEmpty)
        guard let shared = kind.row.jobOfRun else { return }
        #expect(kind.detect([shared: "other"]).canonicalRun == name)
        for variable in kind.row.runs {
            #expect(kind.detect([variable: "other"]).canonicalRun != name, "\(variable)")
        }
    }

    /// All runs of act have the number 1, on every machine.
    @Test func `a run that is not the only one of its number has no canonical name`() {
        #expect(detect(JobEnvironment.act).job != nil)
        #expect(detect(JobEnvironment.act).canonicalRun == nil)
    }

    @Test func `fields cannot be moved into one another`() {
        func run(_ repository: String, _ id: String) -> String? {
            detect(JobEnvironment.gitHub, ["GITHUB_REPOSITORY": repository, "GITHUB_RUN_ID": id]).job?.canonicalRun
        }
        #expect(run("a", "b") == "github|https://github.com|a|b|2")
        #expect(run("a|b", "c") == "github|https://github.com|a%7Cb|c|2")
        #expect(run("a|b", "c") != run("a", "b|c"))
        #expect(run("a%7Cb", "c") == "github|https://github.com|a%257Cb|c|2")
        #expect(run("a\nb\t", "c") == "github|https://github.com|a%0Ab%09|c|2")
        #expect(run("é", "c") == "github|https://github.com|é|c|2")
    }
}

@Suite struct SessionTests {
    private func session(_ variables: [String: String], _ changes: [String: String?] = [:]) -> String? {
        CISystem.detect(in: Environment(variables).replacing(changes), files: .fixed()).sessionID
    }

    @Test(arguments: CISystem.Kind.withSessions)
    func `a session is one job`(kind: CISystem.Kind) {
        let ours = kind.detect().sessionID
        #expect(ours != nil)
        for variable in kind.row.sessions {
            #expect(kind.detect([variable: "other"]).sessionID != ours, "\(variable)")
        }
        for variable in kind.row.steps {
            #expect(kind.detect([variable: "other"]).sessionID == ours, "\(variable)")
        }
    }

    @Test func `sessions of different systems and servers are different`() {
        let all = CISystem.Kind.withSessions.compactMap { $0.detect().sessionID }
        #expect(all.count == 12)
        #expect(Set(all).count == 12)
    }

    /// gitlab-ci-local, which gives after_script another shell.
    @Test func `a job that is numbered as GitLab numbers them is one wherever it runs`() {
        let job = ["CI": "true", "GITLAB_CI": "false", "CI_JOB_ID": "77", "CI_PROJECT_DIR": "/home/me/shop"]
        #expect(CISystem.detect(in: Environment(job), files: .fixed()).kind == .unknown)
        let ours = session(job)
        #expect(ours != nil)
        #expect(session(job, ["CI_JOB_ID": "78"]) != ours)
        #expect(session(job, ["CI_JOB_STATUS": "failed", "PWD": "/"]) == ours)
    }

    @Test func `the steps after all stages of Jenkins speak for each stage of the build`() {
        func build(_ stage: String?, executor: String = "1") -> CISystem {
            CISystem.Kind.jenkins.detect(["STAGE_NAME": stage, "EXECUTOR_NUMBER": executor])
        }
        let (deploy, test) = (build("Deploy"), build("Test"))
        #expect(deploy.sessionID != test.sessionID)
        for after in [build("Declarative: Post Actions"), build(nil)] {
            for stage in [deploy, test, after] {
                #expect(after.covers(session: stage.sessionID ?? ""))
            }
            #expect(!after.covers(session: build("Deploy", executor: "12").sessionID ?? ""))
            #expect(!after.covers(session: "github|1"))
        }
        #expect(deploy.covers(session: deploy.sessionID ?? ""))
        #expect(!deploy.covers(session: test.sessionID ?? ""))
    }

    @Test func `a session is one printable line`() {
        let nasty = session(JobEnvironment.gitHub, ["GITHUB_JOB": "a\nb|c\u{7F}", "RUNNER_NAME": "x\ty"])
        #expect(
            nasty == "github%7Chttps://github.com%7Cacme/shop%7C123%7C2|a%0Ab%7Cc%7F|x%09y"
        )
    }

    @Test(arguments: [JobEnvironment.act, JobEnvironment.unknown, JobEnvironment.plain, ["GITHUB_ACTIONS": "true"]])
    func `where the system does not tell jobs apart there is none`(variables: [String: String]) {
        #expect(session(variables) == nil)
    }
}
