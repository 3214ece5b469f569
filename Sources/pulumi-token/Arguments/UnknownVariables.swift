import HostSystem

/// Finds variables that look like ours and are not, such as `PULUMI_TOKEN_TLL`: they would change nothing, silently.
enum UnknownVariables {
    private static let prefix = "PULUMI_TOKEN_"

    /// What the GitLab component and the include for make use themselves, where a helper is asked, and what only some
    /// systems or tests set.
    static let others: Set<String> = [
        "BIN", "DOWNLOAD", "EXEC", "EXECUTABLE", "FLAGS", "GOALS", "HELPER_SOCKET", "MAKE", "MAKEFILES", "MAX_TTL",
        "OUTSIDE", "OWN",
        "PROVED", "READ", "SHA256_ARM64", "SHA256_X64", "LAB", "FUZZ", "BENCH_INSIDE", "TESTS_EXHAUSTIVE",
        "TESTS_WRITE", "VARIABLE",
    ]

    /// One sentence for each, for people.
    static func notices(in environment: Environment) -> [String] {
        let known = Option.table.filter(\.hasVariable).map { String($0.variable.dropFirst(prefix.count)) }
        return environment.names.filter { $0.hasPrefix(prefix) }.compactMap { name in
            let ending = String(name.dropFirst(prefix.count))
            guard !known.contains(ending), !others.contains(ending) else { return nil }
            let nearest = Spelling.nearest(to: ending, among: known).map { "; did you mean \(prefix)\($0)?" } ?? ""
            return "the variable \(quoted(name)) is unknown, so it is ignored" + nearest
        }
    }
}

extension Command {
    /// Whether it listens to the variables of options.
    var readsVariables: Bool {
        switch self {
        case .mint, .exec, .revoke, .list, .sweep, .doctor: true
        case .events, .redact, .action, .completions, .help, .credentialHelper: false
        }
    }
}
