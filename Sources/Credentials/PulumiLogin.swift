package import HostSystem
internal import JSON
package import PulumiCloud
package import Secrets

/// What the Pulumi CLI remembers of `pulumi login`: `credentials.json` in its own folder.
///
/// Cannot be printed, because it holds tokens.
/// https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/creds.go
package struct PulumiLogin: Sendable {
    /// The login for one cloud.
    package struct Entry: Equatable, Sendable {
        package var token: Secret
        /// The account, if the CLI knows it.
        package var user: String?
        /// The file.
        package var path: String
        /// Whether others than the owner may read it.
        package var isExposed: Bool
    }

    private static let limit = 4 << 20

    package let path: String
    /// The backend that was logged in to last; may be a DIY one.
    package let current: String?
    private let isExposed: Bool
    private let document: JSONNode

    package static let file = "credentials.json"

    /// The folder in which the CLI keeps its login.
    package static func folder(in environment: Environment) -> String? {
        PulumiFolder.holding(file, in: environment)
    }

    /// nil when nobody has logged in.
    package static func load(
        _ environment: Environment,
        by reader: FileReader
    ) throws(CredentialError) -> PulumiLogin? {
        guard let folder = folder(in: environment) else { return nil }
        let path = folder + "/" + file
        let contents: FileReader.Contents
        do throws(FileError) {
            contents = try reader.contents(of: path, limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw .unreadable(error)
        }
        guard !contents.secret.isBlank else { return nil }
        guard let document = JSONDocument(contents.secret)?.root, document.isObject else {
            throw .login(.malformed, path: path)
        }
        guard document["$pulumiSecureStore"] == nil else { throw .login(.encrypted, path: path) }
        return PulumiLogin(document, path: path, isExposed: contents.isExposed)
    }

    private init(_ document: JSONNode, path: String, isExposed: Bool) {
        self.path = path
        self.isExposed = isExposed
        self.document = document
        current = document["current"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What of this decides which backend the CLI uses, as a `credentials.json` of its own: version, current one and the
    /// names of the accounts, and no token.
    ///
    /// - Parameter backend: what comes before the current one; nil where nothing does.
    package func withoutTokens(choosing backend: String?) -> [UInt8] {
        let text = JSONText.plainObject { copy in
            copy.member("version", document["version"]?.integer)
            copy.member("current", backend ?? current)
            let accounts = (document["accounts"]?.members ?? []) + (document["accessTokens"]?.members ?? [])
            let names = Set(accounts.map(\.name)).sorted()
            copy.member("accounts") { copy in
                for name in names { copy.member(name) { _ in } }
            }
        }
        return Array(text.utf8)
    }

    /// The program that the CLI asks for a credential, as `pulumi login` saved it.
    package var credentialHelper: String? {
        let saved = document["credentialHelper"]
        return (saved?.string ?? saved?["path"]?.string ?? saved?["command"]?.string).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The login for a cloud; nil when there is none.
    ///
    /// - Parameter now: Unix time, seconds.
    package func entry(for cloud: CloudURL, now: Int64) throws(CredentialError) -> Entry? {
        let account = Self.value(of: "accounts", for: cloud, in: document)
        let token =
            account?["accessToken"]?.secret ?? Self.value(of: "accessTokens", for: cloud, in: document)?.secret
        guard let token, !token.isEmpty else { return nil }
        let expiresAt = account?["tokenInformation"]?["expiresAt"]?.string
        if let expiry = expiresAt.flatMap({ Moment(parsing: $0)?.unixTime }), expiry > 0, expiry <= now {
            throw .login(.expired(secondsAgo: now - expiry), path: path)
        }
        do throws(TokenShape.Problem) {
            let token = try TokenShape.check(token)
            return Entry(token: token, user: account?["username"]?.string, path: path, isExposed: isExposed)
        } catch {
            throw .malformed(place: path, error, isFile: true)
        }
    }

    /// The maps are keyed by the backend's URL.
    ///
    /// The CLI's own spelling comes first, then any other of the same address.
    private static func value(of map: String, for cloud: CloudURL, in document: JSONNode) -> JSONNode? {
        let entries = (document[map]?.members ?? []).filter { (try? CloudURL($0.name)) == cloud }
        let byName = entries.sorted { $0.name < $1.name }
        return (byName.last { $0.name == cloud.text } ?? byName.first)?.value
    }
}

extension PulumiLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<login in \(path)>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a login cannot be used.
package enum LoginProblem: Equatable, Sendable {
    case malformed
    /// The CLI keeps it encrypted since some time in 2026.
    case encrypted
    case expired(secondsAgo: Int64)

    var exitCode: ExitCode {
        self == .malformed ? .malformedFile : .notAllowed
    }

    func message(of path: String) -> String {
        switch self {
        case .malformed: "\(path) is not what the Pulumi CLI writes"
        case .encrypted: "cannot read \(path): the Pulumi CLI has encrypted it"
        case .expired(let seconds): "\(path) contains a login that expired \(TimeSpan(seconds: seconds)) ago"
        }
    }

    var hint: String {
        switch self {
        case .malformed: "run pulumi login again, or set PULUMI_ACCESS_TOKEN"
        case .encrypted: "set PULUMI_ACCESS_TOKEN, or log in with PULUMI_CREDENTIAL_STORE=plaintext"
        case .expired: "run pulumi login again"
        }
    }
}
