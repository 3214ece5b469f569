internal import CISystems
internal import Credentials
package import HostSystem
internal import JSON
internal import Secrets

/// The private files of one lease: the Pulumi CLI's credentials folder, and what a shell sources.
///
/// It is emptied by name, so that even a planted record cannot make anybody delete what does not belong here.
package struct JobFolder: Sendable {
    private static let prefix = "pulumi-token-"
    private static let credentials = "credentials"
    /// What the Pulumi CLI keeps in its credentials folder, each also with an ending for locks and temporary files.
    private static let credentialFiles = ["credentials.json", "config.json"]
    /// What a shell sources, and the values beside it.
    private static let script = "export.sh"
    /// Which shell has sourced it.
    private static let shell = "shell"
    /// The token itself, with which it is revoked where nothing else can.
    private static let token = "token"
    /// Says that the token is gone, and that the folder is only there because a variable of the job names it.
    private static let over = "over"

    /// On which a helper answers.
    private static let socketName = "helper"

    private static let uuidLength = 36

    private let folder: PrivateFolder

    private init(_ folder: PrivateFolder) {
        self.folder = folder
    }

    /// - Parameter parent: an absolute path; it has to be there.
    package static func create(in parent: String, for lease: Nonce) throws(FileError) -> JobFolder {
        JobFolder(try PrivateFolder.createNew(at: "\(parent)/\(prefix)\(lease.rawValue)"))
    }

    /// In the first place for private files that takes it.
    static func create(for lease: Nonce, in context: Context) throws(Explanation) -> JobFolder {
        var failure: FileError?
        for parent in context.system.places.temporary {
            do throws(FileError) {
                return try create(in: parent, for: lease)
            } catch {
                failure = error
            }
        }
        throw .noPrivateFolder(failure)
    }

    package var path: String { folder.path }

    /// The path of the helper's socket.
    package var socket: String { folder.file(Self.socketName) }

    /// Where the shell that sources the script says its number.
    package var shellFile: String { folder.file(Self.shell) }

    /// Where a script to be sourced goes.
    var script: String { folder.file(Self.script) }

    /// Makes a private `PULUMI_CREDENTIALS_PATH`, so that the CLI leaves the user's login alone.
    ///
    /// - Parameters:
    ///   - configuration: the user's `config.json`, which holds no credential but their settings.
    ///   - login: what of their `credentials.json` decides the backend, without a credential.
    /// - Returns: its absolute path.
    package func makeCredentialsFolder(configuration: [UInt8]?, login: [UInt8]?) throws(FileError) -> String {
        let inner = try PrivateFolder.create(at: folder.file(Self.credentials))
        for (name, contents) in zip(Self.credentialFiles, [login, configuration]) {
            if let contents { try inner.replace(name, with: contents, durable: false) }
        }
        return inner.path
    }

    /// Keeps the token for the end of the job, in case the credential that minted it is gone by then.
    func keep(_ token: Secret) throws(FileError) {
        let outcome: Result<Void, FileError> = token.reveal { bytes in
            Result { () throws(FileError) in try folder.create(Self.token, containing: bytes) }
        }
        try outcome.get()
    }

    /// The token that was kept; nil when there is none.
    static func token(at path: String) -> Secret? {
        guard let folder = opened(path) else { return nil }
        return try? folder.secret(in: token, limit: 1 << 12)
    }

    /// Where the job's own Pulumi CLI keeps its login.
    static func credentialsFolder(at path: String) -> String { "\(path)/\(credentials)" }

    /// The backend that the job's own Pulumi CLI was logged in to last; nil when there is none.
    static func currentBackend(at path: String) -> String? {
        guard let folder = opened(path), let inner = try? PrivateFolder.open(at: folder.file(credentials)),
            let login = try? inner.secret(in: PulumiLogin.file, limit: 1 << 20)
        else { return nil }
        return JSONDocument(login)?.root["current"]?.string
    }

    /// Whether a script waits that nobody has sourced: it removes itself.
    static func hasScript(at path: String) -> Bool {
        (try? opened(path)?.names())?.contains(script) ?? false
    }

    /// The number of the shell that has sourced the script; nil when none has said so.
    static func sourcingShell(at path: String) -> Int32? {
        guard let bytes = try? opened(path)?.contents(of: shell, limit: 64) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// Removes the files of a lease, whoever made them; what does not belong there stays.
    ///
    /// - Parameter path: from a record, so only a folder of our own name and of this user is touched.
    package static func remove(at path: String) {
        guard let folder = opened(path) else { return }
        empty(folder)
        PrivateFolder.removeIfEmpty(at: folder.file(credentials))
        _ = try? folder.remove(over)
        folder.removeIfEmpty()
    }

    /// Removes the files, and leaves an empty folder for the CLI: a variable of the job still names it, and without it
    /// the CLI would make another one, which nobody would ever remove.
    static func empty(at path: String) {
        guard let folder = opened(path) else { return }
        empty(folder)
        guard (try? PrivateFolder.open(at: folder.file(credentials))) != nil else { return remove(at: path) }
        try? folder.replace(over, with: [], durable: false)
    }

    /// The directory that a record names; nil where that is none of ours.
    private static func opened(_ path: String) -> PrivateFolder? {
        FilePath.name(of: path).hasPrefix(prefix) ? try? PrivateFolder.open(at: path) : nil
    }

    private static func empty(_ folder: PrivateFolder) {
        if let inner = try? PrivateFolder.open(at: folder.file(credentials)) {
            for name in (try? inner.names()) ?? [] where belongs(name, to: credentialFiles) {
                _ = try? inner.remove(name)
            }
        }
        for name in (try? folder.names()) ?? [] where belongs(name, to: [script, shell, socketName, token]) {
            _ = try? folder.remove(name)
        }
    }

    /// Removes folders which hold nothing, a script of a failed mint that no shell has sourced, a socket on which nobody
    /// answers, or what a job left after its token was revoked, if they are that old: Unix time, seconds.
    ///
    /// All others belong to a record, and go with it.
    static func removeForgotten(in parent: String, before moment: Int64) {
        for name in (try? PrivateFolder.names(in: parent, beginningWith: prefix)) ?? [] where isOurs(name) {
            guard let folder = try? PrivateFolder.open(at: "\(parent)/\(name)"), folder.isUntouched(since: moment),
                let names = try? folder.names(),
                names.contains(over) || names.allSatisfy({ $0 == script }) || isOfDeadHelper(folder, names)
            else { continue }
            remove(at: folder.path)
        }
    }

    /// Removes the files of a helper, unless it still answers.
    static func removeOfDeadHelper(at path: String) {
        if let folder = opened(path), isDeadHelper(folder) { remove(at: path) }
    }

    /// The socket in the directory that a record names; nil where that is none of ours.
    package static func socket(at path: String) -> String? { opened(path)?.file(socketName) }

    /// Whether a helper was here that was killed before it minted anything.
    private static func isOfDeadHelper(_ folder: PrivateFolder, _ names: [String]) -> Bool {
        names.contains(socketName) && names.allSatisfy { [socketName, credentials].contains($0) }
            && isDeadHelper(folder)
    }

    private static func isDeadHelper(_ folder: PrivateFolder) -> Bool {
        do throws(FileError) {
            _ = try PacketSocket.connect(to: folder.file(socketName))
            return false
        } catch {
            return error.isConnectionRefused
        }
    }

    /// Whether a directory has a name that we make: with a nonce, or with the UUID of a script for a failed mint.
    private static func isOurs(_ name: String) -> Bool {
        name.hasPrefix(prefix) && [Nonce.length, uuidLength].contains(name.utf8.count - prefix.utf8.count)
    }

    /// Whether a name is one of these, or that of a lock or a temporary file for it.
    private static func belongs(_ name: String, to files: [String]) -> Bool {
        let visible = name.drop { $0 == "." }
        return files.contains { visible.hasPrefix($0) }
    }
}
