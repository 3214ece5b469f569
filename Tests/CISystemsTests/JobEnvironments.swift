import CISystems
import HostSystem

/// The variables that each system really sets, those that matter here and some that mislead.
enum JobEnvironment {
    static let gitHub: [String: String] = [
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ENV": "/home/runner/work/_temp/_runner_file_commands/set_env_1",
        "GITHUB_JOB": "deploy",
        "GITHUB_OUTPUT": "/home/runner/work/_temp/_runner_file_commands/set_output_1",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_NUMBER": "45",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STATE": "/home/runner/work/_temp/_runner_file_commands/save_state_1",
        "GITHUB_STEP_SUMMARY": "/home/runner/work/_temp/_runner_file_commands/step_summary_1",
        "GITHUB_WORKSPACE": "/home/runner/work/shop/shop",
        "RUNNER_NAME": "GitHub Actions 7",
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": "/home/runner/work/_temp",
        "RUNNER_TRACKING_ID": "github_0c3cf2ba-8f2c-4a5b-b1d5-1f3ba8bd8e5a",
        "USER": "runner",
    ]

    static let gitea: [String: String] = gitHub.merging([
        "GITEA_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://gitea.acme.com",
        "RUNNER_NAME": "runner-1",
        "RUNNER_TEMP": "/tmp",
        "RUNNER_TRACKING_ID": "",
    ]) { $1 }

    static let forgejo: [String: String] = gitea.merging([
        "FORGEJO_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://code.acme.com",
    ]) { $1 }

    static let act: [String: String] = gitHub.merging([
        "ACT": "true",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_NUMBER": "1",
        "GITHUB_RUN_ATTEMPT": "",
        "RUNNER_TRACKING_ID": "",
        "RUNNER_TEMP": "/tmp",
    ]) { $1 }

    static let gitLab: [String: String] = [
        "CI": "true",
        "CI_JOB_ID": "9876",
        "CI_JOB_NAME": "deploy: [prod]",
        "CI_JOB_TIMEOUT": "3600",
        "CI_JOB_URL": "https://gitlab.acme.com/group/shop/-/jobs/9876",
        "CI_PIPELINE_ID": "555",
        "CI_PIPELINE_URL": "https://gitlab.acme.com/group/shop/-/pipelines/555",
        "CI_PROJECT_DIR": "/builds/group/shop",
        "CI_PROJECT_PATH": "group/shop",
        "CI_SERVER_HOST": "gitlab.acme.com",
        "CI_SERVER_URL": "https://gitlab.acme.com",
        "GITLAB_CI": "true",
        "RUNNER_TEMP_PROJECT_DIR": "/builds/group/shop.tmp",
    ]

    static let azure: [String: String] = [
        "AGENT_JOBNAME": "Job",
        "AGENT_TEMPDIRECTORY": "/home/vsts/work/_temp",
        "BUILD_ARTIFACTSTAGINGDIRECTORY": "/home/vsts/work/1/a",
        "BUILD_BUILDID": "77",
        "BUILD_REPOSITORY_NAME": "shop",
        "BUILD_SOURCESDIRECTORY": "/home/vsts/work/1/s",
        "PIPELINE_WORKSPACE": "/home/vsts/work/1",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
        "SYSTEM_DEBUG": "False",
        "SYSTEM_JOBATTEMPT": "1",
        "SYSTEM_JOBID": "12f1170f-54f2-53f3-20dd-22fc7dff55f9",
        "SYSTEM_JOBNAME": "deploy",
        "SYSTEM_STAGEATTEMPT": "1",
        "SYSTEM_TEAMPROJECT": "Web Shop",
        "TF_BUILD": "True",
    ]

    static let circleCI: [String: String] = [
        "BASH_ENV": "/tmp/.bash_env-1",
        "CI": "true",
        "CIRCLECI": "true",
        "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/shop/12",
        "CIRCLE_JOB": "deploy",
        "CIRCLE_NODE_INDEX": "0",
        "CIRCLE_PROJECT_REPONAME": "shop",
        "CIRCLE_PROJECT_USERNAME": "acme",
        "CIRCLE_WORKFLOW_ID": "b7a1e2d8",
        "CIRCLE_WORKFLOW_JOB_ID": "e4d909c2",
        "CIRCLE_WORKING_DIRECTORY": "~/project",
        "HOME": "/home/circleci",
    ]

    static let buildkite: [String: String] = [
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_JOB_API_SOCKET": "/home/agent/.buildkite-agent/sockets/job-api/1.sock",
        "BUILDKITE_BUILD_CHECKOUT_PATH": "/var/lib/buildkite-agent/builds/a/acme/shop",
        "BUILDKITE_BUILD_NUMBER": "31",
        "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/shop/builds/31",
        "BUILDKITE_JOB_ID": "0190046e-e199-453b-a302-a21a4d649d31",
        "BUILDKITE_LABEL": ":rocket: deploy",
        "BUILDKITE_ORGANIZATION_SLUG": "acme",
        "BUILDKITE_PIPELINE_SLUG": "shop",
        "BUILDKITE_TIMEOUT": "45",
        "CI": "true",
        "PATH": "/usr/local/bin:relative:/usr/bin",
    ]

    static let bitbucket: [String: String] = [
        "BITBUCKET_BUILD_NUMBER": "8",
        "BITBUCKET_CLONE_DIR": "/opt/atlassian/pipelines/agent/build",
        "BITBUCKET_REPO_FULL_NAME": "acme/shop",
        "BITBUCKET_STEP_RUN_NUMBER": "1",
        "BITBUCKET_STEP_UUID": "{be2ad92c}",
        "CI": "true",
    ]

    static let teamCity: [String: String] = [
        "BUILD_NUMBER": "19",
        "BUILD_URL": "https://teamcity.acme.com/build/4711",
        "TEAMCITY_BUILDCONF_NAME": "Deploy",
        "TEAMCITY_BUILD_PROPERTIES_FILE": "/opt/agent/temp/agentTmp/teamcity.build1.properties",
        "TEAMCITY_PROJECT_NAME": "Shop",
        "TEAMCITY_VERSION": "2025.11",
    ]

    static let travis: [String: String] = [
        "CI": "true",
        "CONTINUOUS_INTEGRATION": "true",
        "TRAVIS": "true",
        "TRAVIS_BUILD_ID": "1001",
        "TRAVIS_BUILD_WEB_URL": "https://app.travis-ci.com/acme/shop/builds/1001",
        "TRAVIS_JOB_ID": "1002",
        "TRAVIS_JOB_NUMBER": "7.1",
        "TRAVIS_JOB_WEB_URL": "https://app.travis-ci.com/acme/shop/jobs/1002",
        "TRAVIS_REPO_SLUG": "acme/shop",
    ]

    static let woodpecker: [String: String] = [
        "CI": "woodpecker",
        "CI_PIPELINE_NUMBER": "6",
        "CI_PIPELINE_URL": "https://ci.acme.com/repos/1/pipeline/6",
        "CI_REPO": "acme/shop",
        "CI_SYSTEM_NAME": "woodpecker",
        "CI_SYSTEM_URL": "https://ci.acme.com",
        "CI_WORKFLOW_NAME": "deploy",
        "CI_WORKFLOW_NUMBER": "2",
    ]

    static let jenkins: [String: String] = [
        "BUILD_NUMBER": "14",
        "BUILD_URL": "https://jenkins.acme.com/job/shop/14/",
        "EXECUTOR_NUMBER": "1",
        "JENKINS_URL": "https://jenkins.acme.com/",
        "JOB_NAME": "folder/shop",
        "NODE_NAME": "built-in",
        "STAGE_NAME": "Deploy",
        "WORKSPACE": "/var/jenkins_home/workspace/shop",
    ]

    static let unknown: [String: String] = ["CI": "true", "USER": "builder", "HOSTNAME": "box"]

    static let plain: [String: String] = ["USER": "alice", "HOSTNAME": "laptop", "HOME": "/home/alice"]
}

extension FileProbe {
    /// Files that exist only here.
    static func fixed(_ paths: String...) -> FileProbe {
        FileProbe(exists: paths.contains, isExecutable: paths.contains)
    }
}
