internal import HostSystem

/// Where files of a job belong.
package struct Places: Sendable, Equatable {
    /// The folder for records that must last until the job ends; nil where only the user's state folder remains.
    package var leases: String?
    /// Where a private temporary folder can be made, best first; some may not exist.
    package var temporary: [String]
    /// Folders whose files a job may publish: nothing secret may lie there.
    package var published: [String]
    /// Who works on a machine that is no CI system: "user@host", as far as the environment says.
    let person: String

    init(
        in environment: Environment,
        leases: String? = nil,
        temporary: [String?] = [],
        published: [String?] = []
    ) {
        self.leases = leases.flatMap(absolute).map { $0 + "/pulumi-token" }
        self.temporary = unique(
            temporary + [environment["XDG_RUNTIME_DIR"], environment["TMPDIR"], "/tmp"]
        )
        self.published = unique(published)
        let user = environment.nonEmpty("USER") ?? environment.nonEmpty("LOGNAME")
        let host = environment.nonEmpty("HOSTNAME")
        person = user.map { user in host.map { "\(user)@\($0)" } ?? user } ?? host ?? ""
    }

    /// The published folder that holds this absolute path, or would hold it through symbolic links.
    package func publishedFolder(holding path: String) -> String? {
        let spellings = [lexicallyNormal(path), physicalPath(path)]
        return published.first { folder in
            [lexicallyNormal(folder), physicalPath(folder)].contains { folder in
                spellings.contains { $0 == folder || $0.hasPrefix(folder == "/" ? "/" : folder + "/") }
            }
        }
    }
}

/// An absolute path without slashes at its end; nil for everything else.
private func absolute(_ path: String) -> String? {
    guard path.hasPrefix("/") else { return nil }
    return FilePath.withoutTrailingSlashes(path)
}

private func unique(_ paths: [String?]) -> [String] {
    var found: [String] = []
    for path in paths {
        if let path = path.flatMap(absolute), !found.contains(path) { found.append(path) }
    }
    return found
}
