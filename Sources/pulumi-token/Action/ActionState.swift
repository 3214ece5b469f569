import CISystems
import HTTPTransport
import HostSystem
import Secrets
import TokenLifecycle

/// What the main stage leaves for the post stage in the runner's state file.
///
/// All keys are written before anything else happens: a key that main did not save, a later step could forge by
/// writing `STATE_…` to its environment.
struct ActionState {
    private static let networkKey = "network"
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
                [.plain(LeasePlace.stateKey, ""), .plain(networkKey, seal(of: context.environment, context.random))],
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

    /// The environment without those network settings that are not as they were in the main stage.
    static func trustedEnvironment(_ environment: Environment, changed: ([String]) -> Void) -> Environment {
        let parts = (environment["STATE_" + networkKey] ?? "").split(separator: " ").map(String.init)
        let salt = parts.first ?? ""
        let known = Set(parts.dropFirst())
        let strangers = networkVariables.filter { name in
            environment.nonEmpty(name).map { !known.contains(digest(name, $0, salt)) } ?? false
        }
        if !strangers.isEmpty { changed(strangers) }
        return environment.replacing(Dictionary(uniqueKeysWithValues: strangers.map { ($0, nil) }))
    }

    /// Salted digests, because a proxy's URL may hold a password.
    private static func seal(of environment: Environment, _ random: Randomness) -> String {
        let salt = Nonce(from: random).rawValue
        let digests = networkVariables.compactMap { name in
            environment.nonEmpty(name).map { digest(name, $0, salt) }
        }
        return ([salt] + digests).joined(separator: " ")
    }

    private static func digest(_ name: String, _ value: String, _ salt: String) -> String {
        hexadecimal(sha256(Array("\(salt) \(name)=\(value)".utf8)).prefix(16))
    }
}

extension Explanation {
    static let noStateFile = Explanation(
        .usage,
        "GITHUB_STATE is not set",
        hint: "action main is for the launcher of the action"
    )

    static let stateOfNobody = Explanation(
        .failed,
        "the main stage left no state, so there is nothing that could be trusted"
    )

    static let stateIsNoLease = Explanation(.malformedFile, "the state of the main stage is no lease")
}
