extension Command {
    /// A sentence or two more than the summary, for the manual page.
    var explanation: String {
        switch self {
        case .mint:
            """
            On GitHub-like systems the token is in the environment of all later steps. Elsewhere, mint prints the path \
            of a script to source. The token is revoked by revoke, or expires.
            """
        case .revoke:
            """
            Without IDs, it reads the lease records of the session and revokes their tokens. A token counts as revoked \
            when Pulumi Cloud confirms it.
            """
        case .exec:
            """
            The command gets the token in its environment and does not get the parent credential. Its output is shown \
            with *** in place of both. The exit code is that of the command.
            """
        case .list: "A token is recognized by the tag at the end of its description."
        case .sweep:
            """
            A token is left over when its job was killed. Without options, only tokens of killed processes on this \
            machine are revoked.
            """
        case .events:
            """
            It reads the files line by line and sends nothing. Lines that are not events are counted and named, and the \
            exit code is then 65. A file named - is standard input.
            """
        case .redact:
            "The values are replaced raw, in base64, in hex, and percent-encoded, and nothing else is changed."
        case .doctor: "It mints nothing and shows no secret. Its exit code is the one that mint would end with."
        case .action: "The launcher of the GitHub action runs it; it reads inputs and no options."
        case .credentialHelper:
            """
            It reads one request of the Pulumi CLI from standard input and writes one answer to standard output. The token \
            comes from the server that PULUMI_TOKEN_HELPER_SOCKET names. exec --helper sets all that the CLI needs to find \
            both.
            """
        case .completions: "Load the script in the startup file of the shell, or save it where the shell looks for it."
        case .help: "Without a command, it lists the commands and exit codes."
        }
    }
}
