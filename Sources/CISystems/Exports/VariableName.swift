internal import Secrets

/// Which names a variable may have.
package enum VariableName {
    /// What is wrong with a name.
    package enum Problem: Equatable, Sendable {
        case malformed
        /// The CI system or the shell sets it itself.
        case reserved
        /// It changes how shells, loaders or programs work.
        case influential
        /// It is one of this tool's own.
        case ours

        /// Follows the name.
        package var explanation: String {
            switch self {
            case .malformed: "is not the name of a variable"
            case .reserved: "is set by the CI system or the shell itself"
            case .influential: "changes how programs of the job work"
            case .ours: "is a variable that pulumi-token uses itself"
            }
        }
    }

    /// What is wrong with a name that a user chose; nil when nothing is.
    package static func problem(with name: String) -> Problem? {
        guard isWellFormed(name) else { return .malformed }
        if isReservedByGitHub(name) { return .reserved }
        if ours.contains(name) || name.hasPrefix("PULUMI_TOKEN_") { return .ours }
        if influentialNames.contains(name) || influentialPrefixes.contains(where: name.hasPrefix) {
            return .influential
        }
        return shellNames.contains(name) ? .reserved : nil
    }

    /// Letters, digits and underscores of ASCII; no digit first.
    package static func isWellFormed(_ name: String) -> Bool {
        guard let first = name.utf8.first, !first.isDigit else { return false }
        return name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
    }

    /// As a step's output or saved state is called: hyphens are usual there.
    static func isWellFormedKey(_ name: String) -> Bool {
        isWellFormed(String(name.map { $0 == "-" ? "_" : $0 })) && !name.hasPrefix("-")
    }

    /// What the runner refuses, or overwrites with its own value.
    static func isReservedByGitHub(_ name: String) -> Bool {
        let upper = name.uppercased()
        return upper == "NODE_OPTIONS" || reservedPrefixes.contains { upper.hasPrefix($0) }
    }
}

private let reservedPrefixes = [
    "GITHUB_", "RUNNER_", "ACTIONS_ID_TOKEN_", "ACTIONS_RUNTIME_", "INPUT_", "STATE_",
]

/// What an export carries beside the token.
private let ours: Set = [
    "PULUMI_ACCESS_TOKEN_ID", "PULUMI_API", "PULUMI_BACKEND_URL", "PULUMI_CREDENTIALS_PATH", "PULUMI_HOME",
]

private let influentialPrefixes = ["LD_", "DYLD_", "BASH_FUNC_"]

private let influentialNames: Set = [
    "ALL_PROXY", "BASH_ENV", "CDPATH", "CI", "CLASSPATH", "CURL_CA_BUNDLE", "ENV", "FPATH", "GIT_SSH_COMMAND",
    "GNUMAKEFLAGS", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "IFS", "JAVA_TOOL_OPTIONS", "LANG", "LC_ALL", "LOGNAME",
    "MAKEFLAGS", "MAKEOVERRIDES", "NODE_EXTRA_CA_CERTS", "NODE_PATH", "NO_PROXY", "PATH", "PERL5LIB", "PERL5OPT",
    "PROMPT_COMMAND", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "RUBYLIB", "RUBYOPT", "SHELL", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "TERM", "TMPDIR", "TZ", "USER", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "ZDOTDIR",
    "all_proxy", "cdpath", "fpath", "http_proxy", "https_proxy", "no_proxy", "path",
]

/// Constant or computed in one of the shells.
private let shellNames: Set = [
    "_", "BASHOPTS", "BASHPID", "BASH_VERSINFO", "BASH_VERSION", "EGID", "EUID", "FISH_VERSION", "FUNCNAME", "GID",
    "GROUPS", "HISTCMD", "LINENO", "OLDPWD", "OPTARG", "OPTIND", "PIPESTATUS", "PPID", "PS1", "PS2", "PS3", "PS4",
    "PWD",
    "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "TTYIDLE", "UID", "USERNAME", "ZSH_VERSION", "argv", "history",
    "hostname",
    "options", "pipestatus", "status", "version",
]
