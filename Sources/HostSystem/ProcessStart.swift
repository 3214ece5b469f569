internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the C library would do on its own.
package enum CLibrary {
    /// Looks host names up in files and by DNS only, so that no module of the host is loaded into a static program; and
    /// does not obey what an earlier step of a job may have set for libraries.
    ///
    /// It has to come before threads. What a command is given stays as it is. What is read before `main` was obeyed by
    /// now: the launcher of the action takes that away, too.
    ///
    /// - Parameter names: of the variables.
    package static func relyOnItself(_ names: [String]) {
        platform_use_builtin_name_lookup()
        for name in names where isOfLibraries(name) { unsetenv(name) }
        // All moments are told in UTC. "UTC0" would be looked for among the time zones first; this reads no file at all.
        setenv("TZ", ":", 1)
    }

    /// Whether a variable is for the C library, OpenSSL, libcurl or Swift's runtime; `scripts/action/launcher.cjs` has the
    /// same list.
    private static func isOfLibraries(_ name: String) -> Bool {
        ["CURL_", "GLIBC_", "LD_", "MALLOC_", "OPENSSL_", "SWIFT_"].contains { name.hasPrefix($0) }
            || [
                "CTLOG_FILE", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "NETRC",
                "NLSPATH", "NODE_OPTIONS", "OUTPUT_CHARSET", "RESOLV_HOST_CONF", "RES_OPTIONS", "SSLKEYLOGFILE", "TZ",
            ].contains(name)
    }
}

/// The current folder.
package enum WorkingFolder {
    /// Absolute; nil when it is gone.
    package static func current() -> String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// A path that means the same after this process, or one that it starts, has gone elsewhere.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = current() else { return path }
        return "\(folder)/\(path)"
    }
}

extension Environment {
    /// Of the entries as the process was given them; the first of several with one name counts, as for `getenv`.
    package init(_ initial: InitialEnvironment) {
        var values: [String: String] = [:]
        for entry in initial.entries {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            guard values[name] == nil else { continue }
            values[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        self.init(values)
    }
}

extension StartState {
    /// The command line without the program's name; bytes that are no UTF-8 already repaired.
    package var words: [String] {
        arguments.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
