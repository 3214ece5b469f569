internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How host names are resolved.
package enum NameLookup {
    /// By files and DNS only, so that no module of the host is loaded into a static program.
    package static func useBuiltIn() {
        platform_use_builtin_name_lookup()
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
