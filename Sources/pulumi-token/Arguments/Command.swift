/// What the tool can do; the names are what users type.
enum Command: String, CaseIterable, Sendable {
    case mint, revoke, exec, list, sweep, events, redact, doctor, action
    case credentialHelper = "credential-helper"
    case completions, help

    /// One sentence, lower case, no period: help, manual page, and completions show it.
    var summary: String {
        switch self {
        case .mint: "mint a short-lived token, mask it, and export it to the job"
        case .revoke: "revoke this session's tokens, or tokens by ID; safe to run twice"
        case .exec: "run a command with a token that is revoked when the command ends, and redact its output"
        case .list: "list tokens that pulumi-token minted, without their values"
        case .sweep: "revoke leftover tokens that pulumi-token minted"
        case .events: "sum up files that --events wrote: tokens minted, revoked, and not revoked, and how long it took"
        case .redact: "copy standard input to standard output, replacing the values of variables with ***"
        case .doctor: "show which credential, cloud, and CI system mint would use, and whether minting is allowed"
        case .action: "the steps of the GitHub action and its sub-actions"
        case .credentialHelper: "answer the Pulumi CLI, which asks its credential helper for a token"
        case .completions: "print a completion script for bash, zsh, or fish"
        case .help: "show the help of a command"
        }
    }

    /// Whether it asks the cloud for something, as a rule.
    var sendsRequests: Bool {
        switch self {
        case .mint, .revoke, .exec, .list, .sweep, .doctor, .action: true
        case .events, .redact, .credentialHelper, .completions, .help: false
        }
    }

    /// What follows the options.
    var operands: String {
        switch self {
        case .mint, .list, .sweep, .redact, .doctor, .credentialHelper: ""
        case .revoke: "[TOKEN-ID...]"
        case .exec: "-- COMMAND [ARG...]"
        case .events: "summary FILE..."
        case .action: "main|post|setup|revoke|sweep [PID]"
        case .completions: "bash|zsh|fish"
        case .help: "[COMMAND]"
        }
    }

    /// How many operands there may be.
    var operandCount: ClosedRange<Int> {
        switch self {
        case .mint, .list, .sweep, .redact, .doctor, .credentialHelper: 0...0
        case .revoke: 0...1000
        case .exec: 1...Int.max
        case .events: 2...Int.max
        case .action: 1...2
        case .completions: 1...1
        case .help: 0...1
        }
    }

    /// The forms that people use, each a whole command line with a word about it.
    var examples: [(line: String, meaning: String)] {
        switch self {
        case .mint:
            [
                ("pulumi-token mint", "in a step of GitHub Actions: for all later steps"),
                (". \"$(pulumi-token mint)\" || exit", "in a script: for the rest of this shell"),
                ("pulumi-token mint --ttl 15m --export json", "for another program; prints the secret"),
            ]
        case .revoke:
            [
                ("pulumi-token revoke", "at the end of the job that minted"),
                (
                    "pulumi-token revoke 0b9f0c4e-5d1f-4a7e-9a53-2f6d1c8e7b90",
                    "one token, by the whole ID that list shows"
                ),
            ]
        case .exec:
            [
                ("pulumi-token exec -- pulumi up --yes", "recommended: nothing is left behind when the command ends"),
                ("pulumi-token exec --ttl 20m -- make deploy", "one token for several commands"),
                (
                    "pulumi-token exec --helper -- pulumi up --yes",
                    "no token in the environment: the Pulumi CLI asks for it, and again when it expires"
                ),
            ]
        case .list:
            [
                ("pulumi-token list", "tokens that pulumi-token minted"),
                ("pulumi-token list --all --json", "every token of the user, for a program"),
            ]
        case .sweep:
            [
                ("pulumi-token sweep", "tokens left here by killed processes, and by shells that have ended"),
                ("pulumi-token sweep --run", "in a final job that runs after all others"),
                (
                    "pulumi-token sweep --older-than 1d --dry-run",
                    "preview: list tokens minted more than a day ago without revoking them"
                ),
            ]
        case .events:
            [
                ("pulumi-token events summary /var/log/pulumi-token/*.jsonl", "the figures of some files together"),
                ("zcat events.jsonl.gz | pulumi-token events summary --json -", "from standard input, for a program"),
            ]
        case .redact:
            [("pulumi preview 2>&1 | pulumi-token redact --env DB_PASSWORD", "for values that the job already has")]
        case .doctor: [("pulumi-token doctor", "before the first mint, or when one fails")]
        case .action: [("pulumi-token action main", "run by the action's launcher, not by hand")]
        case .credentialHelper:

            [("pulumi-token credential-helper < request.json", "run by the Pulumi CLI, not by hand")]
        case .completions: [(". <(pulumi-token completions bash)", "for this shell")]
        case .help: [("pulumi-token help mint", "the same as pulumi-token mint --help")]
        }
    }
}
