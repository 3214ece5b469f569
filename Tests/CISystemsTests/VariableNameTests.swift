import CISystems
import HostSystem
import Testing

@Suite struct VariableNameTests {
    @Test(arguments: [
        "PULUMI_ACCESS_TOKEN", "TOKEN", "token", "_token", "A1", "a_B_9", "MY_PATH", "X_GITHUB_TOKEN", "PULUMI_TOKENS",
        "Path",
        "LDFLAGS", "INPUTS", "STATELESS", "ENVIRONMENT", "CI_TOKEN", "home", "PULUMI_ACCESS_TOKEN_2",
    ])
    func `a name that a job may receive its token in`(name: String) throws {
        #expect(VariableName.problem(with: name) == nil)
    }

    @Test(
        arguments: [
            (["", "1A", "A-B", "A B", "A.B", "A=", "É", "A\n", "a\0", "$A", "A'"], .malformed),
            (
                [
                    "NODE_OPTIONS", "node_options", "GITHUB_TOKEN", "github_env", "RUNNER_TEMP",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                    "ACTIONS_RUNTIME_TOKEN", "INPUT_TTL", "STATE_lease", "PWD", "OLDPWD", "UID", "EUID", "PPID",
                    "SHLVL", "_",
                    "RANDOM", "SECONDS", "LINENO", "PS1", "PS4", "status", "argv", "pipestatus", "BASHOPTS",
                    "SHELLOPTS",
                ], .reserved
            ),
            (
                [
                    "PATH", "HOME", "BASH_ENV", "ENV", "IFS", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES",
                    "CDPATH",
                    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NODE_PATH",
                    "MAKEFLAGS",
                    "GIT_SSH_COMMAND", "PYTHONPATH", "PROMPT_COMMAND", "BASH_FUNC_x", "CI", "TMPDIR", "ZDOTDIR",
                    "fpath",
                ], .influential
            ),
            (
                [
                    "PULUMI_ACCESS_TOKEN_ID", "PULUMI_BACKEND_URL", "PULUMI_API", "PULUMI_CREDENTIALS_PATH",
                    "PULUMI_HOME",
                    "PULUMI_TOKEN_SESSION", "PULUMI_TOKEN_TTL", "PULUMI_TOKEN_",
                ], .ours
            ),
        ] as [([String], VariableName.Problem)]
    )
    func `a name that means something already`(names: [String], problem: VariableName.Problem) {
        for name in names {
            #expect(VariableName.problem(with: name) == problem, "\(name)")
        }
    }

    @Test func `a refusal names the variable and the way out`() {
        let error = ExportError.unusableName("A B", .malformed)
        #expect(error.message == "cannot set 'A B': it is not the name of a variable")
        #expect(error.hint == "use letters, digits, and underscores, and do not start with a digit")
        #expect(error.exitCode == .usage)
    }
}

@Suite struct ExportErrorTests {
    @Test(
        arguments: [
            (
                ExportError.missingVariable("GITHUB_ENV"),
                "cannot export to later steps: GITHUB_ENV is not set", 73
            ),
            (
                .missingFile(variable: "GITHUB_ENV", path: "/f"),
                "cannot write /f: the file in GITHUB_ENV does not exist", 73
            ),
            (.notAPlainFile(path: "/f"), "cannot write /f: it is not a regular file", 73),
            (.unwritable(path: "/f", code: 28), "cannot write /f: no space left on device", 73),
            (.tooLarge(path: "/f", limit: 10), "cannot write /f: it would exceed 10 bytes", 73),
            (.published(path: "/w/f", folder: "/w"), "cannot write /w/f: files in /w can become artifacts", 64),
            (.unusablePath("a\nb"), "cannot write 'a b': it is not an absolute path on one line", 64),
            (
                .unrepresentable(name: "A", format: "a line", reason: "it is empty"),
                "cannot write the value of A as a line: it is empty", 73
            ),
            (
                .agentFailed(reason: "status 401"), "cannot use the job API of Buildkite's agent: status 401", 73
            ),
            (.exposed(path: "/e"), "cannot write /e: other users can read or change it", 73),
            (
                .contradiction(["act", "GitLab CI"]),
                "cannot mask the log: the job has the variables of act and of GitLab CI", 64
            ),
            (.openLog, "cannot print the token: standard output is the job's log", 64),
            (.longLine(path: "/e"), "cannot write /e: a line in it is longer than the runner reads", 73),
        ] as [(ExportError, String, Int32)]
    )
    func `errors are explained in one line`(error: ExportError, message: String, code: Int32) {
        #expect(error.message == message)
        #expect(error.exitCode.rawValue == code)
        #expect(!message.contains("\n") && error.hint?.contains("\n") != true)
    }
}
