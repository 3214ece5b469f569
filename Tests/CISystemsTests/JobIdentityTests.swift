import CISystems
import HostSystem
import Testing

@Suite struct JobIdentityTests {
    private func detect(_ variables: [String: String], _ changes: [String: String?] = [:]) -> CISystem {
        CISystem.detect(in: Environment(variables).replacing(changes), files: .fixed())
    }

    @Test(arguments: [
        (JobEnvironment.gitHub, "github acme/shop run 123.2 deploy"),
        (JobEnvironment.gitea, "gitea acme/shop run 123.2 deploy"),
        (JobEnvironment.forgejo, "forgejo acme/shop run 123.2 deploy"),
        (JobEnvironment.act, "act acme/shop run 1 deploy"),
        (JobEnvironment.gitLab, "gitlab group/shop run 555 deploy: [prod]"),
        (JobEnvironment.azure, "azure shop run 77 deploy"),
        (JobEnvironment.circleCI, "circleci acme/shop run b7a1e2d8 deploy"),
        (JobEnvironment.buildkite, "buildkite acme/shop run 31 :rocket: deploy"),
        (JobEnvironment.bitbucket, "bitbucket acme/shop run 8"),
        (JobEnvironment.teamCity, "teamcity Shop/Deploy run 19"),
        (JobEnvironment.travis, "travis acme/shop run 1001 7.1"),
        (JobEnvironment.woodpecker, "woodpecker acme/shop run 6 deploy"),
        (JobEnvironment.jenkins, "jenkins folder/shop run 14 Deploy"),
        (JobEnvironment.unknown, "ci builder@box"),
        (JobEnvironment.plain, "local alice@laptop"),
        ([:], "local"),
        (["USER": "alice"], "local alice"),
        (["LOGNAME": "bob", "USER": ""], "local bob"),
        (["HOSTNAME": "laptop"], "local laptop"),
        (["GITHUB_ACTIONS": "true", "USER": "runner"], "github runner"),
    ])
    func `a token is described by its job, or by who sits there`(variables: [String: String], description: String) {
        #expect(detect(variables).defaultDescription == description)
    }

    @Test(
        arguments: [
            (JobEnvironment.gitHub, "https://github.com/acme/shop/actions/runs/123/attempts/2"),
            (JobEnvironment.gitea, "https://gitea.acme.com/acme/shop/actions/runs/45"),
            (JobEnvironment.forgejo, "https://code.acme.com/acme/shop/actions/runs/45"),
            (JobEnvironment.act, nil),
            (JobEnvironment.gitLab, "https://gitlab.acme.com/group/shop/-/jobs/9876"),
            (JobEnvironment.azure, "https://dev.azure.com/acme/Web%20Shop/_build/results?buildId=77"),
            (JobEnvironment.circleCI, "https://circleci.com/gh/acme/shop/12"),
            (JobEnvironment.buildkite, "https://buildkite.com/acme/shop/builds/31"),
            (JobEnvironment.bitbucket, "https://bitbucket.org/acme/shop/pipelines/results/8"),
            (JobEnvironment.teamCity, "https://teamcity.acme.com/build/4711"),
            (JobEnvironment.travis, "https://app.travis-ci.com/acme/shop/jobs/1002"),
            (JobEnvironment.woodpecker, "https://ci.acme.com/repos/1/pipeline/6"),
            (JobEnvironment.jenkins, "https://jenkins.acme.com/job/shop/14/"),
        ] as [([String: String], String?)]
    )
    func `a person can look at the run`(variables: [String: String], url: String?) {
        #expect(detect(variables).job?.url == url)
    }

    /// Each system with a variable that differs between its runs, and one that differs within a run.
    @Test(arguments: [
        (
            JobEnvironment.gitHub, ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL"],
            "GITHUB_JOB"
        ),
        (JobEnvironment.gitea, ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY"], "GITHUB_JOB"),
        (JobEnvironment.forgejo, ["GITHUB_RUN_ID", "GITHUB_SERVER_URL"], "RUNNER_NAME"),
        (JobEnvironment.gitLab, ["CI_PIPELINE_ID", "CI_SERVER_URL"], "CI_JOB_ID"),
        (JobEnvironment.azure, ["BUILD_BUILDID", "SYSTEM_COLLECTIONURI"], "SYSTEM_JOBATTEMPT"),
        (JobEnvironment.circleCI, ["CIRCLE_WORKFLOW_ID"], "CIRCLE_JOB"),
        (JobEnvironment.buildkite, ["BUILDKITE_BUILD_NUMBER", "BUILDKITE_PIPELINE_SLUG"], "BUILDKITE_LABEL"),
        (JobEnvironment.bitbucket, ["BITBUCKET_BUILD_NUMBER", "BITBUCKET_REPO_FULL_NAME"], "BITBUCKET_STEP_UUID"),
        (JobEnvironment.teamCity, ["BUILD_NUMBER", "TEAMCITY_BUILDCONF_NAME"], "TEAMCITY_BUILD_PROPERTIES_FILE"),
        (JobEnvironment.travis, ["TRAVIS_BUILD_ID", "TRAVIS_REPO_SLUG"], "TRAVIS_JOB_NUMBER"),
        (JobEnvironment.woodpecker, ["CI_PIPELINE_NUMBER", "CI_REPO", "CI_SYSTEM_URL"], "CI_WORKFLOW_NAME"),
        (JobEnvironment.jenkins, ["BUILD_NUMBER", "JOB_NAME", "JENKINS_URL"], "STAGE_NAME"),
    ])
    func `jobs of one run share its canonical name`(variables: [String: String], differing: [String], shared: String) {
        let name = detect(variables).job?.canonicalRun
        #expect(name != nil)
        #expect(detect(variables, [shared: "other"]).job?.canonicalRun == name)
        for variable in differing {
            #expect(detect(variables, [variable: "other"]).job?.canonicalRun != name, "\(variable)")
        }
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

    /// Each system, the variables that differ between its jobs, and those that differ between the steps of one.
    @Test(arguments: [
        (
            JobEnvironment.gitHub,
            ["RUNNER_TRACKING_ID", "GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "RUNNER_NAME"],
            ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_ACTION", "PWD", "HOME"]
        ),
        (
            JobEnvironment.gitea, ["RUNNER_TEMP", "RUNNER_NAME", "GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_SERVER_URL"],
            ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_ACTION", "PWD"]
        ),
        (
            JobEnvironment.forgejo, ["RUNNER_TEMP", "RUNNER_NAME", "GITHUB_JOB", "GITHUB_RUN_ID"],
            ["GITHUB_ENV", "GITHUB_STATE", "GITHUB_ACTION", "PWD"]
        ),
        (JobEnvironment.gitLab, ["CI_JOB_ID", "CI_SERVER_HOST"], ["CI_JOB_STATUS", "CI_JOB_STAGE", "PWD"]),
        (
            JobEnvironment.azure, ["SYSTEM_JOBID", "SYSTEM_JOBATTEMPT", "SYSTEM_STAGEATTEMPT", "BUILD_BUILDID"],
            ["SYSTEM_TASKINSTANCEID", "SYSTEM_STEPID", "PWD"]
        ),
        (JobEnvironment.circleCI, ["CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"], ["BASH_ENV", "PWD"]),
        (
            JobEnvironment.buildkite, ["BUILDKITE_JOB_ID"],
            ["BUILDKITE_HOOK_PHASE", "BUILDKITE_COMMAND_EXIT_STATUS", "PWD"]
        ),
        (
            JobEnvironment.bitbucket, ["BITBUCKET_STEP_UUID", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_RUN_NUMBER"],
            ["BITBUCKET_EXIT_CODE", "PWD"]
        ),
        (JobEnvironment.teamCity, ["TEAMCITY_BUILD_PROPERTIES_FILE", "BUILD_NUMBER"], ["PWD", "TMPDIR"]),
        (JobEnvironment.travis, ["TRAVIS_JOB_ID"], ["TRAVIS_TEST_RESULT", "PWD"]),
        (
            JobEnvironment.woodpecker, ["CI_WORKFLOW_NUMBER", "CI_PIPELINE_NUMBER"],
            ["CI_STEP_NAME", "CI_STEP_NUMBER", "PWD"]
        ),
        (
            JobEnvironment.jenkins, ["EXECUTOR_NUMBER", "NODE_NAME", "BUILD_NUMBER"],
            ["STAGE_NAME", "PWD", "WORKSPACE_TMP"]
        ),
    ])
    func `a session is one job`(variables: [String: String], jobs: [String], steps: [String]) {
        let ours = session(variables)
        #expect(ours != nil)
        for variable in jobs { #expect(session(variables, [variable: "other"]) != ours, "\(variable)") }
        for variable in steps { #expect(session(variables, [variable: "other"]) == ours, "\(variable)") }
    }

    @Test func `sessions of different systems and servers are different`() {
        let all = [
            JobEnvironment.gitHub, JobEnvironment.gitea, JobEnvironment.forgejo, JobEnvironment.gitLab,
            JobEnvironment.azure,
            JobEnvironment.circleCI, JobEnvironment.buildkite, JobEnvironment.bitbucket, JobEnvironment.teamCity,
            JobEnvironment.travis, JobEnvironment.woodpecker, JobEnvironment.jenkins,
        ].compactMap { session($0) }
        #expect(all.count == 12)
        #expect(Set(all).count == 12)
    }

    @Test func `a session is one printable line`() {
        let nasty = session(JobEnvironment.gitHub, ["GITHUB_JOB": "a\nb|c\u{7F}", "RUNNER_NAME": "x\ty"])
        #expect(
            nasty == "github%7Chttps://github.com%7Cacme/shop%7C123%7C2|a%0Ab%7Cc%7F|"
                + "github_0c3cf2ba-8f2c-4a5b-b1d5-1f3ba8bd8e5a|x%09y"
        )
    }

    @Test(arguments: [JobEnvironment.act, JobEnvironment.unknown, JobEnvironment.plain, ["GITHUB_ACTIONS": "true"]])
    func `where the system does not tell jobs apart there is none`(variables: [String: String]) {
        #expect(session(variables) == nil)
    }
}
