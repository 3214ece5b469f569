internal import FoundationEssentials
package import HostSystem
package import PulumiCloud
package import Redaction

/// What the Pulumi CLI remembers of `pulumi login`: `credentials.json` in its own folder.
///
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
    private let accounts: [String: Account]
    private let accessTokens: [String: String]

    /// The folder that the CLI would use: `PULUMI_CREDENTIALS_PATH`, `PULUMI_HOME`, `~/.pulumi`.
    package static func folder(in environment: Environment) -> String? {
        environment.nonEmpty("PULUMI_CREDENTIALS_PATH") ?? environment.nonEmpty("PULUMI_HOME")
            ?? environment.nonEmpty("HOME").map { $0 + "/.pulumi" }
    }

    /// nil when nobody has logged in.
    package static func load(_ environment: Environment) throws(CredentialError) -> PulumiLogin? {
        guard let folder = folder(in: environment) else { return nil }
        let path = folder + "/credentials.json"
        var bytes: [UInt8]
        let isExposed: Bool
        do throws(FileError) {
            let file = try Descriptor.open(path, 0)
            isExposed = try file.isExposed()
            bytes = try file.contents(limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw .unreadable(error)
        }
        defer { wipe(&bytes) }
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        guard let document = decodedJSON(Secret(bytes), as: Document.self) else { throw .login(.malformed, path: path) }
        guard document.secureStore == nil else { throw .login(.encrypted, path: path) }
        return PulumiLogin(document, path: path, isExposed: isExposed)
    }

    private init(_ document: Document, path: String, isExposed: Bool) {
        self.path = path
        self.isExposed = isExposed
        current = document.current?.value.flatMap { $0.isEmpty ? nil : $0 }
        accounts = document.accounts?.value ?? [:]
        accessTokens = document.accessTokens?.value ?? [:]
    }

    /// The login for a cloud; nil when there is none.
    ///
    /// - Parameter now: Unix time, seconds.
    package func entry(for cloud: CloudURL, now: Int64) throws(CredentialError) -> Entry? {
        let account = accounts.first { Self.isSame($0.key, cloud) }?.value
        let token = account?.accessToken?.value ?? accessTokens.first { Self.isSame($0.key, cloud) }?.value
        guard let token, !token.isEmpty else { return nil }
        if let expiry = account?.tokenInformation?.value?.expiry, expiry <= now {
            throw .login(.expired(secondsAgo: now - expiry), path: path)
        }
        switch TokenShape.check(Secret(token)) {
        case .success(let secret):
            return Entry(token: secret, user: account?.username?.value, path: path, isExposed: isExposed)
        case .failure(let problem): throw .malformed(place: path, problem, isFile: true)
        }
    }

    private static func isSame(_ key: String, _ cloud: CloudURL) -> Bool {
        (try? CloudURL(key)) == cloud
    }
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

    var explanation: String {
        switch self {
        case .malformed: "is not what the Pulumi CLI writes"
        case .encrypted: "is encrypted by the Pulumi CLI, so that only the CLI can read it"
        case .expired(let seconds): "holds a login that expired \(Span(seconds: seconds)) ago"
        }
    }

    var hint: String {
        switch self {
        case .malformed: "log in again with pulumi login, or set PULUMI_ACCESS_TOKEN"
        case .encrypted: "set PULUMI_ACCESS_TOKEN, or log in with PULUMI_CREDENTIAL_STORE=plaintext"
        case .expired: "log in again with pulumi login"
        }
    }
}

private struct Account: Decodable, Sendable {
    struct TokenInformation: Decodable, Sendable {
        /// RFC 3339.
        var expiresAt: Lenient<String>?

        var expiry: Int64? { expiresAt?.value.flatMap { Moment(parsing: $0)?.unixTime }.flatMap { $0 > 0 ? $0 : nil } }
    }

    var accessToken: Lenient<String>?
    var username: Lenient<String>?
    var tokenInformation: Lenient<TokenInformation>?
}

private struct Document: Decodable {
    var current: Lenient<String>?
    var accounts: Lenient<[String: Account]>?
    var accessTokens: Lenient<[String: String]>?
    var secureStore: Lenient<Int>?

    enum CodingKeys: String, CodingKey {
        case current, accounts, accessTokens
        case secureStore = "$pulumiSecureStore"
    }
}
