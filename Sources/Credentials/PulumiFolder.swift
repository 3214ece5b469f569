package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The folder of the Pulumi CLI, with its login and its settings.
package enum PulumiFolder {
    /// Where the CLI looks, the first place first: `PULUMI_CREDENTIALS_PATH`, `PULUMI_HOME`, `.pulumi` in the home that
    /// the password database names, and then in `HOME`, which the CLI asks where the database does not know the user.
    ///
    /// - Parameter passwords: the password database.
    static func candidates(in environment: Environment, passwords: String = "/etc/passwd") -> [String] {
        if let folder = environment.nonEmpty("PULUMI_CREDENTIALS_PATH") ?? environment.nonEmpty("PULUMI_HOME") {
            return [folder]
        }
        let homes = [home(in: passwords), environment.nonEmpty("HOME")].compactMap(\.self)
        return homes.reduce(into: []) { folders, home in
            let folder = home + "/.pulumi"
            if !folders.contains(folder) { folders.append(folder) }
        }
    }

    /// The place where a file of the CLI is, or where it cannot be told whether it is there.
    ///
    /// - Returns: nil when it is in no place.
    package static func holding(
        _ name: String,
        in environment: Environment,
        passwords: String = "/etc/passwd"
    ) -> String? {
        candidates(in: environment, passwords: passwords).first {
            access($0 + "/" + name, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)
        }
    }

    /// The home of this user; read here, because a static program cannot ask the modules of the host.
    private static func home(in passwords: String) -> String? {
        guard let file = try? Descriptor.open(passwords, O_RDONLY), let bytes = try? file.contents(limit: 4 << 20)
        else {
            return nil
        }
        let user = Array(String(getuid()).utf8)[...]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 5, fields[2] == user else { continue }
            return fields[5].first == UInt8(ascii: "/") ? String(decoding: fields[5], as: UTF8.self) : nil
        }
        return nil
    }
}
