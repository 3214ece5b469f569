package import HostSystem

#if canImport(Darwin)
package import Darwin
#else
package import Glibc
#endif

/// The longest life that whoever runs the machine allows a token.
package struct LifeCeiling: Equatable, Sendable {
    package static let variable = "PULUMI_TOKEN_MAX_TTL"
    /// Belongs to root; a line `max-ttl = DURATION`, and comments that begin with `#`.
    package static let policyPath = "/etc/pulumi-token/policy"

    package var seconds: Int64
    /// As it was written.
    package var text: String
    /// Where it was written, as messages name it.
    package var place: String

    /// The lower one of variable and policy; nil when neither is there.
    ///
    /// - Parameter owner: who must own the policy.
    package static func find(
        in environment: Environment,
        policy path: String,
        owner: uid_t = 0
    ) throws(Explanation) -> LifeCeiling? {
        [try variable(in: environment), try policy(at: path, owner)].compactMap(\.self).min { $0.seconds < $1.seconds }
    }

    private static func variable(in environment: Environment) throws(Explanation) -> LifeCeiling? {
        guard let text = environment.nonEmpty(variable) else { return nil }
        guard let ceiling = LifeCeiling(text, place: variable) else { throw .unusableCeiling(variable) }
        return ceiling
    }

    private init?(_ text: String, place: String) {
        guard let span = TimeSpan(parsing: text), Lifetime.range.contains(span.seconds) else { return nil }
        self.init(seconds: span.seconds, text: text, place: place)
    }

    private init(seconds: Int64, text: String, place: String) {
        (self.seconds, self.text, self.place) = (seconds, text, place)
    }

    // MARK: The policy

    private static func policy(at path: String, _ owner: uid_t) throws(Explanation) -> LifeCeiling? {
        guard let bytes = try contents(at: path, owner) else { return nil }
        var found: LifeCeiling?
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == "=" || $0 == " " || $0 == "\t" }
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            // A rule that is not understood is not one to pass over.
            guard words.count == 2, words[0] == "max-ttl", let ceiling = LifeCeiling(String(words[1]), place: path)
            else { throw .unusablePolicy(path) }
            if ceiling.seconds < found?.seconds ?? .max { found = ceiling }
        }
        return found
    }

    /// nil when there is no such file.
    private static func contents(at path: String, _ owner: uid_t) throws(Explanation) -> [UInt8]? {
        do throws(FileError) {
            let file = try Descriptor.open(path, O_NONBLOCK)
            let status = try file.status()
            guard status.st_uid == owner else { throw FileError(.use, path, code: EPERM) }
            guard status.st_mode & 0o022 == 0 else { throw FileError(.use, path, code: EACCES) }
            return try file.contents(limit: 1 << 16)
        } catch {
            // A link to nothing is no missing policy, nor is something else in the place of its directory.
            var status = stat()
            if error.code == ENOENT, lstat(path, &status) != 0 { return nil }
            throw .unreadablePolicy(error)
        }
    }
}

extension Explanation {
    package static func unreadablePolicy(_ error: FileError) -> Explanation {
        Explanation(
            .unreadableFile,
            "cannot use \(error.path): \(error.reason)",
            hint: "make root the owner of the file and the only user who can write to it"
        )
    }

    package static func unusableCeiling(_ place: String) -> Explanation {
        Explanation(
            .usage,
            "\(place) is not a duration of 60 s to 730 d",
            hint: "use 90s, 45m, 1h30m, 2d, PT1H, or whole seconds"
        )
    }

    package static func unusablePolicy(_ path: String) -> Explanation {
        Explanation(
            .malformedFile,
            "cannot use \(path): it has a line that is not max-ttl = DURATION",
            hint: "write max-ttl = DURATION and nothing else, with 60 s to 730 d"
        )
    }
}
