import CISystems
import HTTPTransport
import HostSystem
import JSON
import PulumiCloud
import Secrets
import TokenLifecycle

/// What the main stage leaves for the post stage in the runner's state file.
///
/// All keys are written before anything else happens: a key that main did not save, a later step could forge by
/// writing `STATE_…` to its environment.
struct ActionState {
    private static let networkKey = "network"
    private static let helperKey = "helper"
    /// Where proxies and authorities are named: whoever changes them between the stages could get at a credential.
    private static let networkVariables = (ProxySettings.variables + TrustStore.variables).sorted()

    /// Saves all keys, and gives the file to which the lease goes.
    static func begin(_ context: Context) throws(Explanation) -> EnvironmentFile {
        guard let files = context.system.environmentFiles else {
            throw .noStateFile
        }
        return try explaining { () throws(ExportError) in
            let file = try files.file(for: .state)
            try file.append(
                [
                    .plain(LeasePlace.stateKey, ""), .plain(helperKey, ""),
                    .plain(networkKey, seal(of: context.environment, context.random)),
                ],
                randomness: context.random
            )
            return file
        }
    }

    /// The lease that main saved; nil when there is none to end.
    ///
    /// - Throws: when main did not get as far as saving its keys, so that they could be anybody's.
    static func lease(in environment: Environment) throws(Explanation) -> Lease? {
        guard let text = environment["STATE_" + LeasePlace.stateKey], environment["STATE_" + networkKey] != nil else {
            throw .stateOfNobody
        }
        guard !text.isEmpty else { return nil }
        guard let lease = Lease(encoded: Array(text.utf8)) else {
            throw .stateIsNoLease
        }
        return lease
    }

    /// Saves how post finds the server of tokens, and all that it mints.
    static func save(_ helper: SavedHelper, in file: EnvironmentFile, _ context: Context) throws(Explanation) {
        try explaining { () throws(ExportError) in
            // The runner takes the last value of a key.
            try file.append([.plain(helperKey, helper.encoded)], randomness: context.random)
        }
    }

    /// The server that main has started; nil when there is none.
    static func helper(in environment: Environment) -> SavedHelper? {
        environment.nonEmpty("STATE_" + helperKey).flatMap(SavedHelper.init(encoded:))
    }

    /// The environment with the network settings of the main stage, whatever later steps have made of them.
    ///
    /// - Parameter changed: told of those that were changed.
    static func trustedEnvironment(_ environment: Environment, changed: ([String]) -> Void) -> Environment {
        let text = environment["STATE_" + networkKey] ?? ""
        let saved = JSONDocument(Secret(text))?.root
        let salt = saved?["salt"]?.string ?? ""
        var trusted: [String: String?] = [:]
        for name in networkVariables {
            let value = environment.nonEmpty(name)
            if let digest = saved?["digests"]?[name]?.string {
                // A value that holds a password is not in the state, so that only the same one will do.
                trusted[name] = .some(value.flatMap { Self.digest(name, $0, salt) == digest ? $0 : nil })
            } else {
                trusted[name] = .some(saved?["values"]?[name]?.string)
            }
        }
        let others = networkVariables.filter { environment.nonEmpty($0) != trusted[$0].flatMap(\.self) }
        if !others.isEmpty { changed(others) }
        return environment.replacing(trusted)
    }

    /// The values, and of those that hold a password a salted digest.
    private static func seal(of environment: Environment, _ random: Randomness) -> String {
        let salt = Nonce(from: random).rawValue
        let values = networkVariables.compactMap { name in environment.nonEmpty(name).map { (name: name, value: $0) } }
        let isSecret = { (value: String) in value.contains("@") }
        return JSONText.plainObject { state in
            state.member("salt", salt)
            state.member("values") { state in
                for (name, value) in values where !isSecret(value) { state.member(name, value) }
            }
            state.member("digests") { state in
                for (name, value) in values where isSecret(value) { state.member(name, digest(name, value, salt)) }
            }
        }
    }

    private static func digest(_ name: String, _ value: String, _ salt: String) -> String {
        hexadecimal(sha256(Array("\(salt) \(name)=\(value)".utf8)).prefix(16))
    }
}

/// What post knows of the server of tokens, whatever has become of that.
struct SavedHelper: Equatable {
    /// A random name, and so the tag of all its tokens.
    var session: String
    var folder: String
    var cloud: String
    var kind: TokenKind

    var run: RunTag { RunTag(hashing: "session|" + session) }

    fileprivate var encoded: String {
        JSONText.plainObject { text in
            text.member("session", session)
            text.member("run", run.rawValue)
            text.member("folder", folder)
            text.member("cloud", cloud)
            kind.write(to: &text)
        }
    }

    fileprivate init?(encoded: String) {
        guard let text = JSONDocument(Secret(encoded))?.root, let session = text["session"]?.string,
            let folder = text["folder"]?.string, let cloud = text["cloud"]?.string,
            let kind = text["kind"]?.string.flatMap({
                TokenKind(name: $0, organization: text["organization"]?.string, team: text["team"]?.string)
            })
        else { return nil }
        self.init(session: session, folder: folder, cloud: cloud, kind: kind)
    }

    init(session: String, folder: String, cloud: String, kind: TokenKind) {
        (self.session, self.folder, self.cloud, self.kind) = (session, folder, cloud, kind)
    }
}

extension Explanation {
    static let noStateFile = Explanation(
        .usage,
        "GITHUB_STATE is not set",
        hint: "let the launcher of the action run action main"
    )

    static let stateOfNobody = Explanation(
        .failed,
        "cannot revoke: the main step saved no state that can be trusted"
    )

    static let stateIsNoLease = Explanation(.malformedFile, "the state of the main step is not a lease record")
}
