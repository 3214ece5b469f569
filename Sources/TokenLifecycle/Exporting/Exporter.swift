package import CISystems
package import HostSystem
internal import PulumiCloud
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How the job gets its token: checked before the mint, carried out after it.
package struct Exporter: Sendable {
    package let forms: [ExportForm]
    /// The variables that receive the token.
    package let names: [String]
    /// Names the variable that has the token, where it is not the usual one: for those who would take that for the token.
    package static let nameVariable = "PULUMI_TOKEN_VARIABLE"

    private let shell: Shell
    private let context: Context
    /// The path of a script that a shell has been told on standard output.
    private var printed: String?
    /// What has been written where the user wanted it.
    private(set) var written: [FileMark] = []

    package init(_ forms: [ExportForm], for shell: Shell = .sh, to names: [String], in context: Context) {
        self.forms = forms
        self.shell = shell
        self.names = names
        self.context = context
    }

    /// Whether it leaves files in the directory of the lease.
    var needsFolder: Bool { forms.contains(.file(nil)) }

    /// Whether the job's commands find what comes with the token.
    var reachesEnvironment: Bool { forms.contains(where: \.reachesEnvironment) }

    /// Whether minting makes a private directory for the job.
    package func makesFolder(for request: MintRequest) -> Bool { needsFolder || isolates(request) }

    func isolates(_ request: MintRequest) -> Bool { request.isIsolated && reachesEnvironment }

    /// Whose end is that of the token.
    package var user: TokenUser {
        if forms.contains(where: { [.github, .azure, .circleci, .buildkite, .outputs].contains($0) }) { return .job }
        // What a hook sources, the agent hands on to the rest of the job.
        if forms.contains(.file(nil)) { return context.system.handsVariablesOn ? .job : .shell }
        return context.environment.nonEmpty("MAKELEVEL") == nil ? .caller : .recipes
    }

    // MARK: Before the mint

    /// Finds what would make the export fail, while nothing has been minted yet.
    package func check() throws(Explanation) {
        for form in forms { try check(form) }
    }

    private func check(_ form: ExportForm) throws(Explanation) {
        switch form {
        case .file(let path?):
            let script = try explaining { () throws(ExportError) in try SourcedScript(at: path) }
            try check(path, isOwn: script.isOwn)
            // Beside a script of ours the values are ours, too.
            guard (FileMark(of: path)?.size ?? 0) == 0 else { return }
            try check(script.valuesPath, isOwn: script.areOwnValues)
        case .dotenv(let path): try check(path) { DotenvExport.isOwn($0, names) }
        case .outputs: try explaining { () throws(ExportError) in try file(for: .output).checkIsWritable() }
        case .github: try explaining { () throws(ExportError) in try file(for: .environment).checkIsWritable() }
        case .circleci:
            try explaining { () throws(ExportError) in try BashEnvironmentExport(in: context.environment).check() }
        case .shell, .stdout, .json, .buildkite:
            guard !context.system.revealsEvaluatedText else { throw .tracedLog }
        case .azure:
            guard context.system.masking == .azureCommands else {
                throw Explanation(ExportError.foreignLog(system: "Azure Pipelines"))
            }
        case .file(nil), .command, .helper, .nothing: break
        }
    }

    /// Finds that what goes to standard output would come to stand in a log that nobody masks.
    package func checkCapture() throws(Explanation) {
        let printing: [ExportForm] = [.shell, .stdout, .json, .buildkite]
        guard forms.contains(where: printing.contains), context.system.isCI, !context.system.provesMasking else {
            return
        }
        let capture = OutputCapture()
        // bash and those that it starts know of `set -x` by this, where somebody exports it.
        let inherited = context.environment["SHELLOPTS"]?.split(separator: ":").contains("xtrace") == true
        guard !capture.isTraced(output: context.standardOutput.descriptor), !inherited else { throw .tracedShell }
        guard
            capture.isLog(output: context.standardOutput.descriptor, error: context.standardError.descriptor)
        else { return }
        throw Explanation(ExportError.openLog)
    }

    /// - Parameter isOwn: whether a file with this content may be replaced.
    private func check(_ path: String, isOwn: ([UInt8]) -> Bool) throws(Explanation) {
        if let folder = context.system.places.publishedFolder(holding: path) {
            throw Explanation(ExportError.published(path: path, folder: folder))
        }
        guard access(FilePath.directory(of: path), W_OK | X_OK) == 0 else {
            throw Explanation(ExportError.unwritable(path: path, code: errno))
        }
        try explaining { () throws(ExportError) in try PrivateFile(path: path).checkPlace() }
        // An empty one is what mktemp makes.
        guard let mark = FileMark(of: path), mark.size > 0 else { return }
        let content = try? FileReader.within(context.budget(.seconds(5))).contents(of: path, limit: 1 << 16)
        guard let content, isOwn(content.bytes) else { throw Explanation(ExportError.exists(path: path)) }
    }

    private func file(for purpose: EnvironmentFile.Purpose) throws(ExportError) -> EnvironmentFile {
        guard let files = context.system.environmentFiles else { throw .missingVariable(purpose.variable) }
        guard context.system.contradicting.isEmpty else {
            throw .contradiction([context.system.name] + context.system.contradicting)
        }
        return try files.file(for: purpose)
    }

    // MARK: After the mint

    /// All that the job gets: the token under each name, and what comes with it.
    func variables(for minted: Minted, with others: [ExportedVariable]) -> [ExportedVariable] {
        names.map { .secret($0, minted.value) }
            + (minted.id.map { [.plain("PULUMI_ACCESS_TOKEN_ID", $0.rawValue)] } ?? []) + nameMark + others
    }

    /// Says that `PULUMI_ACCESS_TOKEN` is something else than the token, or no longer so.
    private var nameMark: [ExportedVariable] {
        guard names.contains("PULUMI_ACCESS_TOKEN") else { return [.plain(Self.nameVariable, names.first ?? "")] }
        return context.environment.nonEmpty(Self.nameVariable) == nil ? [] : [.plain(Self.nameVariable, "")]
    }

    /// Exports; what has been written when it throws is taken back.
    ///
    /// - Parameter folder: the directory of the lease.
    mutating func export(_ minted: Minted, _ variables: [ExportedVariable], in folder: JobFolder?) throws(Explanation) {
        do throws(ExportError) {
            for form in forms { try export(minted, variables, as: form, in: folder) }
        } catch {
            throw Explanation(error)
        }
    }

    private mutating func export(
        _ minted: Minted,
        _ variables: [ExportedVariable],
        as form: ExportForm,
        in folder: JobFolder?
    ) throws(ExportError) {
        switch form {
        case .outputs: try file(for: .output).append(minted.outputs, randomness: context.random)
        case .github: try file(for: .environment).append(variables, randomness: context.random)
        case .file(let path):
            try writeScript(variables, to: path ?? folder?.script ?? "", telling: path == nil ? folder?.shellFile : nil)
        case .dotenv(let path):
            try PrivateFile(path: path).write(DotenvExport.text(of: variables), randomness: context.random)
            written += [FileMark(of: path)].compactMap(\.self)
        case .shell: try print(shell.text(exporting: variables))
        case .buildkite: try exportToBuildkite(variables)
        case .stdout:
            try print(
                Secret {
                    $0.append(minted.value); $0.append(.lineFeed)
                }
            )
        case .json: try print(minted.resource)
        case .azure: try print(AzureExport.text(of: variables), on: context.standardError)
        case .circleci: try BashEnvironmentExport(in: context.environment).append(variables)
        case .command, .helper, .nothing: break
        }
    }

    /// For the later phases of the job, and for a hook that evaluates what is printed.
    private func exportToBuildkite(_ variables: [ExportedVariable]) throws(ExportError) {
        let lines = try Shell.bash.text(exporting: variables)
        if case .buildkiteRedactions(let agent) = context.system.masking {
            try agent.set(variables, budget: context.budget(.seconds(10)))
            if OutputCapture().isLog() { return }
        }
        try print(lines)
    }

    private mutating func writeScript(
        _ variables: [ExportedVariable],
        to path: String,
        telling shellFile: String?
    ) throws(ExportError) {
        let script = try SourcedScript(at: path)
        try script.writeExport(of: variables, telling: user == .shell ? shellFile : nil, randomness: context.random)
        // Those of the lease's directory go with that.
        if shellFile == nil { written += script.paths.compactMap { FileMark(of: $0) } }
        do throws(ExportError) {
            try print(Secret(path + "\n"))
        } catch {
            script.remove()
            throw error
        }
        printed = path
    }

    private func print(_ text: Secret, on stream: StandardStream? = nil) throws(ExportError) {
        let stream = stream ?? context.standardOutput
        do throws(FileError) {
            try text.reveal { bytes throws(FileError) in try stream.write(bytes) }
        } catch {
            throw .unwritable(path: stream.name, code: error.code)
        }
    }

    // MARK: When the mint failed

    /// Whether a shell has been told what it can source.
    package var hasPrinted: Bool { printed != nil }

    /// What a shell has been told to source must not let it run on.
    package func takeBack(_ exitCode: ExitCode) {
        guard let printed else { return }
        FailedExport(to: names, in: context).leaveScript(exitCode, printed: printed)
    }
}

extension Minted {
    /// What the action's step says of it.
    package var outputs: [ExportedVariable] {
        [
            .secret("token", value),
            .plain("token-id", id?.rawValue ?? ""),
            .plain("expires-at", Moment(expires).description),
            .plain("revocable", isRevocable ? "true" : "false"),
            .plain("kind", kind.name),
            .plain("cloud-url", cloud),
        ]
    }
}

extension Explanation {
    package static let tracedLog = Explanation(
        .usage,
        "cannot print the token: this job's log shows every command with its values",
        hint: "set --export to file, use pulumi-token exec, or remove CI_DEBUG_TRACE"
    )

    package static let tracedShell = Explanation(
        .usage,
        "cannot print the token: the shell that runs this script shows every command with its values",
        hint: "set --export to file, use pulumi-token exec, or start the script without -x (#!/bin/sh in Jenkins)"
    )
}
