/// The tables that only the manual page has.
enum ManualTables {
    /// Variables that are not options.
    static let variables: [(name: String, meaning: String)] = [
        (
            "PULUMI_ACCESS_TOKEN",
            "parent credential, unless an option or its variable names another; mint and exec set it"
        ),
        ("PULUMI_ACCESS_TOKEN_ID", "set by mint and exec: the ID of the minted token"),
        ("PULUMI_TOKEN_VARIABLE", "set by mint and exec if --env-name is: the variable that contains the token"),
        ("PULUMI_BACKEND_URL", "Pulumi Cloud to use; set by mint and exec if it is not the default"),
        ("PULUMI_API", "Pulumi Cloud to use if PULUMI_BACKEND_URL is not set"),
        ("PULUMI_CREDENTIALS_PATH", "directory of the Pulumi CLI's login; set by mint and exec to a private directory"),
        ("PULUMI_HOME", "directory of the Pulumi CLI, if PULUMI_CREDENTIALS_PATH is not set"),
        ("PULUMI_CREDENTIAL_HELPER", "program that the Pulumi CLI asks for a token; set by exec --helper"),
        ("PULUMI_CREDENTIAL_HELPER_ARGS", "arguments of that program; set by exec --helper"),
        ("PULUMI_TOKEN_HELPER_SOCKET", "socket on which credential-helper asks; set by exec --helper"),
        ("HTTPS_PROXY", "proxy, as curl reads it; ALL_PROXY and the lowercase names too"),
        ("NO_PROXY", "hosts that are reached without a proxy"),
        ("SSL_CERT_FILE", "file of trusted certificates"),
        ("SSL_CERT_DIR", "directory of trusted certificates"),
        ("XDG_STATE_HOME", "parent directory of the user's lease records"),
        ("XDG_RUNTIME_DIR", "parent directory of the script to source, outside CI"),
        ("TMPDIR", "parent directory of the script to source, if no better place exists"),
        ("NO_COLOR", "if set, no color on a terminal"),
    ]

    static let files: [(name: String, meaning: String)] = [
        ("~/.local/state/pulumi-token/", "lease records of this user (under XDG_STATE_HOME if it is set)"),
        ("$RUNNER_TEMP/pulumi-token/", "lease records of a step on GitHub-like systems"),
        ("$CI_PROJECT_DIR.tmp/pulumi-token/", "lease records of a job on GitLab"),
        ("~/.pulumi/credentials.json", "the Pulumi CLI's login, read outside CI or with --use-login"),
    ]
}
