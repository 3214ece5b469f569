internal import HostSystem
internal import JSON
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What tells whether a job works for a pull request from another repository, which gets no secrets and no identity.
enum ForkEvidence: Equatable, Sendable {
    case none
    case known(Bool)
    /// The file in which GitHub describes the event, and the repository whose job this is.
    case event(path: String, repository: String)

    /// The most that is read of an event.
    private static let limit = 8 << 20

    /// A pull request on GitHub.
    ///
    /// Not so `pull_request_target`: it runs with the rights of the repository itself.
    static func gitHub(in environment: Environment) -> ForkEvidence {
        guard let event = environment["GITHUB_EVENT_NAME"], event.hasPrefix("pull_request"),
            event != "pull_request_target", let path = environment.nonEmpty("GITHUB_EVENT_PATH")
        else { return .none }
        return .event(path: path, repository: environment["GITHUB_REPOSITORY"] ?? "")
    }

    /// Two names of repositories, where the system gives both.
    static func comparing(_ source: String?, with target: String?) -> ForkEvidence {
        guard let source, let target else { return .none }
        return .known(source.lowercased() != target.lowercased())
    }

    var isFork: Bool {
        switch self {
        case .none: false
        case .known(let isFork): isFork
        case .event(let path, let repository): Self.isFork(event: path, of: repository)
        }
    }

    private static func isFork(event path: String, of repository: String) -> Bool {
        guard let bytes = try? contents(of: path),
            let event = JSONDocument(Secret(bytes))?.root,
            let source = event["pull_request"]?["head"]?["repo"]?["full_name"]?.string
        else { return false }
        return source.lowercased() != repository.lowercased()
    }

    /// The runner writes a plain file: whoever waited for a pipe without a writer would wait for ever.
    private static func contents(of path: String) throws(FileError) -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        guard try file.status().st_mode & S_IFMT == S_IFREG else { throw .notRegular(path) }
        return try file.contents(limit: limit)
    }
}
