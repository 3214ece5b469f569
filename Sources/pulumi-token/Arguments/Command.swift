/// What the tool can do; the names are what users type.
enum Command: String, CaseIterable, Sendable {
    case mint, revoke, exec, list, sweep, redact, doctor, action, completions, help

    /// One sentence, lower case, no full stop: help, man page and completions show it.
    var summary: String {
        switch self {
        case .mint: "mint an expiring token, mask it, and hand it to the job"
        case .revoke: "revoke tokens by id, or the ones of this session; safe to call twice"
        case .exec: "run a command with a token that dies with it, and redact its output"
        case .list: "list the tokens that this tool minted, never a value"
        case .sweep: "revoke what this tool minted and nobody revoked"
        case .redact: "copy standard input to standard output without the values of variables"
        case .doctor: "say which credential, cloud and CI system would be used, and whether it may mint"
        case .action: "the stages of the GitHub action and its sub-actions"
        case .completions: "print a completion script for bash, zsh or fish"
        case .help: "explain a command"
        }
    }

    /// What follows the options.
    var operands: String {
        switch self {
        case .mint, .list, .sweep, .redact, .doctor: ""
        case .revoke: "[TOKEN-ID...]"
        case .exec: "-- COMMAND [ARG...]"
        case .action: "main|post|setup|revoke|sweep [PID]"
        case .completions: "bash|zsh|fish"
        case .help: "[COMMAND]"
        }
    }

    /// How many operands there may be.
    var operandCount: ClosedRange<Int> {
        switch self {
        case .mint, .list, .sweep, .redact, .doctor: 0...0
        case .revoke: 0...1000
        case .exec: 1...Int.max
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
                (". \"$(pulumi-token mint)\"", "in a script: for the rest of this shell"),
                ("pulumi-token mint --ttl 15m --export json", "for another program; prints the secret"),
            ]
        case .revoke:
            [
                ("pulumi-token revoke", "at the end of the job that minted"),
                ("pulumi-token revoke 0b9f...", "one token, by the id that list shows"),
            ]
        case .exec:
            [
                ("pulumi-token exec -- pulumi up --yes", "the best form: nothing is left behind"),
                ("pulumi-token exec --ttl 20m -- make deploy", "one token around several commands"),
            ]
        case .list:
            [
                ("pulumi-token list", "what this tool minted"),
                ("pulumi-token list --all --json", "every token of the user, for a program"),
            ]
        case .sweep:
            [
                ("pulumi-token sweep", "what dead processes left on this machine"),
                ("pulumi-token sweep --run", "in a last job that needs all others"),
                ("pulumi-token sweep --older-than 1d --dry-run", "by age; look before you leap"),
            ]
        case .redact:
            [("pulumi preview 2>&1 | pulumi-token redact --env DB_PASSWORD", "for values that the job has anyway")]
        case .doctor: [("pulumi-token doctor", "before the first mint, or when one fails")]
        case .action: [("pulumi-token action main", "called by the action's launcher, not by hand")]
        case .completions: [(". <(pulumi-token completions bash)", "for this shell")]
        case .help: [("pulumi-token help mint", "the same as pulumi-token mint --help")]
        }
    }
}
