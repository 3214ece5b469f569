package import CISystems
package import HostSystem
internal import PulumiCloud
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How the job gets the token: checked before the mint, carried out after it.
package struct Handover {
    /// `--export HOW`, with its path.
    package enum Way: Equatable, Sendable {
        case github
        /// A script to be sourced; without a path in the folder of the lease.
        case file(String?)
        case dotenv(String)
        case shell, stdout, json, azure, circleci, buildkite
        case nothing

        /// Whether the job's later commands find what surrounds the token, so that isolation makes sense.
        package var reachesEnvironment: Bool { ![.stdout, .json, .nothing].contains(self) }
    }

    package let way: Way
    private let shell: Shell
    private let names: [String]
    private let context: Context

    /// - Parameter names: the variables that receive the token.
    package init(_ way: Way, for shell: Shell, to names: [String], in context: Context) {
        self.way = way
        self.shell = shell
        self.names = names
        self.context = context
    }

    // MARK: Before the mint

    /// Finds what would make the export fail, while nothing has been minted yet.
    package func check() throws(Explanation) {
        switch way {
        case .file(let path?):
            _ = try explaining { () throws(ExportError) in try SourcedScript(at: path) }
            try check(path)
        case .dotenv(let path): try check(path)
        case .github: _ = try explaining { () throws(ExportError) in try environmentFile().checkIsWritable() }
        case .circleci:
            _ = try explaining { () throws(ExportError) in try BashEnvironmentExport(in: context.environment) }
        case .shell, .stdout, .json, .buildkite:
            guard !context.system.revealsEvaluatedText else {
                throw Explanation(PreparationError.tracedLog)
            }
        case .azure:
            guard context.system.masking == .azureCommands else {
                throw Explanation(ExportError.foreignLog(system: "Azure Pipelines"))
            }
        case .file(nil), .nothing: break
        }
    }

    private func check(_ path: String) throws(Explanation) {
        if let folder = context.system.places.publishedFolder(holding: path) {
            throw Explanation(ExportError.published(path: path, folder: folder))
        }
        let folder = FilePath.directory(of: path)
        guard access(folder, W_OK | X_OK) == 0 else {
            throw Explanation(ExportError.unwritable(path: path, code: errno))
        }
        try explaining { () throws(ExportError) in try PrivateFile(path: path).checkPlace() }
    }

    private func environmentFile() throws(ExportError) -> EnvironmentFile {
        guard let files = context.system.environmentFiles else { throw .missingVariable("GITHUB_ENV") }
        return try files.file(for: .environment)
    }

    // MARK: After the mint

    package func variables(for minted: Minted, _ surroundings: Surroundings) -> [ExportedVariable] {
        var variables = names.map { ExportedVariable.secret($0, minted.value) }
        if let id = minted.id { variables.append(.plain("PULUMI_ACCESS_TOKEN_ID", id.rawValue)) }
        if let cloud = surroundings.cloud { variables.append(.plain("PULUMI_BACKEND_URL", cloud.text)) }
        if let folder = surroundings.credentialsFolder { variables.append(.plain("PULUMI_CREDENTIALS_PATH", folder)) }
        if let session = surroundings.session { variables.append(.plain(Session.variable, session)) }
        return variables
    }

    /// Hands over; what has been written when it throws, is taken back.
    ///
    /// - Returns: the path of a script that a shell has been told on standard output.
    package func carryOut(_ minted: Minted, _ surroundings: Surroundings) throws(Explanation) -> String? {
        let variables = variables(for: minted, surroundings)
        do throws(ExportError) {
            switch way {
            case .github: try environmentFile().append(variables, randomness: context.random)
            case .file(let path):
                let path = path ?? (surroundings.folder ?? "") + "/export.sh"
                try writeScript(variables, to: path)
                return path
            case .dotenv(let path):
                try PrivateFile(path: path).write(DotenvExport.text(of: variables), randomness: context.random)
            case .shell: try print(shell.text(exporting: variables))
            case .buildkite: try print(Shell.bash.text(exporting: variables))
            case .stdout: try print(minted.value.line)
            case .json: try print(minted.resource)
            case .azure: try print(AzureExport.text(of: variables), on: context.standardError)
            case .circleci: try BashEnvironmentExport(in: context.environment).append(variables)
            case .nothing: break
            }
            return nil
        } catch {
            throw Explanation(error)
        }
    }

    private func writeScript(_ variables: [ExportedVariable], to path: String) throws(ExportError) {
        let script = try SourcedScript(at: path)
        try script.writeExport(of: variables, randomness: context.random)
        do throws(ExportError) {
            try print(Secret(path + "\n"))
        } catch {
            script.remove()
            throw error
        }
    }

    private func print(_ text: Secret, on stream: StandardStream? = nil) throws(ExportError) {
        let stream = stream ?? context.standardOutput
        do throws(FileError) {
            try text.reveal { bytes throws(FileError) in try stream.write(bytes) }
        } catch {
            throw .unwritable(path: stream.name, code: error.code)
        }
    }
}

extension Secret {
    /// The value and a newline behind it.
    var line: Secret {
        var buffer = WipedBuffer(capacity: count + 1)
        reveal { buffer.append($0) }
        buffer.append(UInt8(ascii: "\n"))
        return buffer.secret
    }
}
