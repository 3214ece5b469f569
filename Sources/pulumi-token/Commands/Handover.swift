import CISystems
import FoundationEssentials
import HTTPTransport
import HostSystem
import PulumiCloud
import Redaction
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How the job gets the token: checked before the mint, carried out after it.
struct Handover {
    /// `--export HOW`, with its path.
    enum Way: Equatable {
        case github
        /// nil: a folder of our own.
        case file(String?)
        case dotenv(String)
        case shell, stdout, json, azure, circleci, buildkite
        case nothing

        /// Whether the secret stands on standard output, in the open.
        var printsSecret: Bool { [.shell, .stdout, .json, .buildkite].contains(self) }
    }

    let way: Way
    let shell: Shell
    let names: [String]
    let isIsolated: Bool
    let context: Context

    init(_ arguments: Arguments, _ context: Context) throws(any ExplainedError) {
        self.context = context
        way = try Self.way(arguments, context)
        shell = arguments.text(of: .shell).flatMap(Shell.init) ?? .sh
        names = try Self.names(arguments)
        isIsolated = !arguments.isOn(.noIsolate) && ![.stdout, .json, .nothing].contains(way)
    }

    /// The variables that receive the token.
    static func names(_ arguments: Arguments) throws(any ExplainedError) -> [String] {
        let given = arguments.list(of: .environmentName)
        for value in given {
            do throws(ExportError) {
                try VariableName.check(value.text)
            } catch {
                throw UsageError("\(value.origin.name): \(error.message)", hint: error.hint)
            }
        }
        var names: [String] = []
        for name in given.map(\.text) where !names.contains(name) { names.append(name) }
        return names.isEmpty ? ["PULUMI_ACCESS_TOKEN"] : names
    }

    private static func way(_ arguments: Arguments, _ context: Context) throws(any ExplainedError) -> Way {
        let value = arguments.value(of: .export)
        let parts = (value?.text ?? "auto").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count == 2 ? String(parts[1]) : nil
        let origin = value?.origin.name ?? "--export"
        guard path == nil || ["file", "dotenv"].contains(parts[0]) else {
            throw UsageError("\(origin) is \(quoted(value?.text ?? ""))", hint: "only file and dotenv take a path")
        }
        switch parts[0] {
        case "auto": return context.system.automaticExport == .github ? .github : .file(nil)
        case "github": return .github
        case "file":
            return .file(try path.map { path throws(any ExplainedError) in try Self.path(path, origin, context) })
        case "dotenv":
            guard let path else {
                throw UsageError("\(origin)=dotenv needs a path", hint: "as in --export dotenv=/tmp/x")
            }
            return .dotenv(try Self.path(path, origin, context))
        case "shell": return .shell
        case "stdout": return .stdout
        case "json": return .json
        case "azure": return .azure
        case "circleci": return .circleci
        case "buildkite": return .buildkite
        case "none": return .nothing
        default:
            throw UsageError(
                "\(origin) is \(quoted(value?.text ?? ""))",
                hint: "it is one of \(Option.export.choices.joined(separator: ", "))"
            )
        }
    }

    private static func path(_ path: String, _ origin: String, _ context: Context) throws(any ExplainedError) -> String
    {
        guard !path.isEmpty else { throw UsageError("\(origin) has an empty path", hint: "name a file") }
        if path.hasPrefix("/") { return path }
        guard let folder = context.workingFolder else {
            throw UsageError("\(origin) has a relative path, and the current folder is gone", hint: "name it in full")
        }
        return folder + "/" + path
    }

    // MARK: Before the mint

    /// Finds what would make the export fail, while nothing has been minted yet.
    func check() throws(any ExplainedError) {
        switch way {
        case .file(let path?), .dotenv(let path):
            if let folder = context.system.places.publishedFolder(holding: path) {
                throw ExplainedExportError(.published(path: path, folder: folder))
            }
            try checkFolder(of: path)
        case .github: try checkEnvironmentFile()
        case .shell, .stdout, .json, .buildkite:
            guard !context.system.revealsEvaluatedText else {
                throw UsageError(
                    "CI_DEBUG_TRACE would show the token in the log",
                    hint: "use --export file, or pulumi-token exec"
                )
            }
        case .circleci: _ = try bashEnvironment()
        case .file(nil), .azure, .nothing: break
        }
    }

    private func checkFolder(of path: String) throws(any ExplainedError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard access(folder, W_OK | X_OK) == 0 else {
            throw ExplainedExportError(.unwritable(path: path, code: errno))
        }
    }

    private func checkEnvironmentFile() throws(any ExplainedError) {
        let file = try environmentFile()
        guard access(file.path, W_OK) == 0 else {
            throw ExplainedExportError(
                errno == ENOENT
                    ? .missingFile(variable: "GITHUB_ENV", path: file.path)
                    : .unwritable(path: file.path, code: errno)
            )
        }
    }

    private func environmentFile() throws(any ExplainedError) -> EnvironmentFile {
        do throws(ExportError) {
            guard let files = context.system.environmentFiles else { throw .missingVariable("GITHUB_ENV") }
            return try files.file(for: .environment)
        } catch {
            throw ExplainedExportError(error)
        }
    }

    private func bashEnvironment() throws(any ExplainedError) -> BashEnvironmentExport {
        do throws(ExportError) {
            return try BashEnvironmentExport(in: context.environment)
        } catch {
            throw ExplainedExportError(error)
        }
    }

    // MARK: After the mint

    /// What the job receives besides the token itself.
    struct Surroundings {
        /// Set when the job would not find the cloud by itself.
        var cloud: CloudURL?
        var credentialsFolder: String?
        /// Set when nobody else knows the session.
        var session: String?
    }

    func variables(for minted: Minted, _ surroundings: Surroundings) -> [ExportedVariable] {
        var variables = names.map { ExportedVariable.secret($0, minted.value) }
        if let id = minted.id { variables.append(.plain("PULUMI_ACCESS_TOKEN_ID", id.rawValue)) }
        if let cloud = surroundings.cloud { variables.append(.plain("PULUMI_BACKEND_URL", cloud.text)) }
        if let folder = surroundings.credentialsFolder { variables.append(.plain("PULUMI_CREDENTIALS_PATH", folder)) }
        if let session = surroundings.session { variables.append(.plain(Session.variable, session)) }
        return variables
    }

    /// Hands over; what has been written when it throws, is taken back.
    ///
    /// - Parameter folder: of the lease, for `file` without a path.
    func carryOut(_ minted: Minted, _ surroundings: Surroundings, in folder: String?) throws(any ExplainedError) {
        let variables = variables(for: minted, surroundings)
        do {
            try write(variables, minted, folder)
        } catch let error as ExportError {
            throw ExplainedExportError(error)
        } catch let error as FileError {
            throw Explanation(.cannotWrite, "cannot write to \(error.path): \(error.reason)")
        } catch let error as any ExplainedError {
            throw error
        } catch {
            throw Explanation(.failed, "the export failed")
        }
    }

    private func write(_ variables: [ExportedVariable], _ minted: Minted, _ folder: String?) throws {
        switch way {
        case .github: try environmentFile().append(variables, randomness: context.random)
        case .file(let path):
            guard let path = path ?? folder.map({ $0 + "/export.sh" }) else { throw ExportError.unusablePath("") }
            let script = try SourcedScript(at: path)
            try script.writeExport(of: variables, randomness: context.random)
            do {
                try context.standardOutput.write(path + "\n")
            } catch {
                script.remove()
                throw error
            }
        case .dotenv(let path):
            try PrivateFile(path: path).write(DotenvExport.text(of: variables), randomness: context.random)
        case .shell: try context.standardOutput.write(shell.text(exporting: variables))
        case .buildkite: try context.standardOutput.write(Shell.bash.text(exporting: variables))
        case .stdout: try context.standardOutput.write(line(of: minted.value))
        case .json: try context.standardOutput.write(TokenResource(minted).encoded())
        case .azure: try context.standardError.write(AzureExport.text(of: variables))
        case .circleci: try bashEnvironment().append(variables)
        case .nothing: break
        }
    }

    private func line(of secret: Secret) -> Secret {
        secret.reveal { bytes in
            var line = Array(bytes) + [UInt8(ascii: "\n")]
            defer { wipe(&line) }
            return Secret(line)
        }
    }
}

/// An export's error with its exit code.
struct ExplainedExportError: ExplainedError {
    let error: ExportError

    init(_ error: ExportError) {
        self.error = error
    }

    var exitCode: ExitCode { ExitCode(rawValue: error.exitCode) ?? .cannotWrite }
    var message: String { error.message }
    var hint: String? { error.hint }
}

/// The resource as `--export json` prints it: `{"id","tokenId","tokenValue","description","expires","reason"}` and more.
struct TokenResource: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, tokenID = "tokenId", tokenValue, description, expires, reason, expiresAt, revocable
    }

    private let minted: Minted

    init(_ minted: Minted) {
        self.minted = minted
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(minted.id?.rawValue, forKey: .id)
        try container.encode(minted.id?.rawValue, forKey: .tokenID)
        try container.encode(minted.value.reveal { String(decoding: $0, as: UTF8.self) }, forKey: .tokenValue)
        try container.encode(minted.description, forKey: .description)
        try container.encode(minted.expires, forKey: .expires)
        try container.encode(minted.reason ?? "", forKey: .reason)
        try container.encode(Moment(minted.expires).description, forKey: .expiresAt)
        try container.encode(minted.isRevocable, forKey: .revocable)
    }

    /// One line.
    func encoded() -> Secret {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = (try? encoder.encode(self)).map { Array($0) } ?? []
        bytes.append(UInt8(ascii: "\n"))
        defer { wipe(&bytes) }
        return Secret(bytes)
    }
}
