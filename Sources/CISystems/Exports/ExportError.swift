package import HostSystem
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why a value could not be handed to the job.
///
/// Nothing was written, or what was written has been taken back.
package enum ExportError: Error, Equatable, Sendable {
    /// The variable is not set in which the CI system names a file.
    case missingVariable(String)
    /// The file that a variable names does not exist.
    case missingFile(variable: String, path: String)
    /// There is something else than a plain file: a folder, a link, a device.
    case notAPlainFile(path: String)
    /// A file of somebody else's would be lost.
    case exists(path: String)
    /// The system refused; `code` is an errno value.
    case unwritable(path: String, code: Int32)
    /// The file would become larger than the CI system reads.
    case tooLarge(path: String, limit: Int)
    /// A file would lie where its path says, but must not: others could read or publish it.
    case published(path: String, folder: String)
    /// A path that is not absolute, or that no shell could name.
    case unusablePath(String)
    case unusableName(String, VariableName.Problem)
    /// The format has no way to say this value; `reason` says what in it.
    case unrepresentable(name: String, format: String, reason: String)
    /// Masks would be written where nobody sees them.
    case maskUnseen
    /// The export is for the log of another CI system, which is this one.
    case foreignLog(system: String)
    /// Buildkite's agent did not do what it was asked for through its interface for the job.
    case agentFailed(reason: String)
    /// A file that others may read or write, or that is not ours.
    case exposed(path: String)
    /// The log is that of one system or of another, so nothing in it can be masked; their names.
    case contradiction([String])
    /// Standard output is the log itself, and what is printed there cannot be masked.
    case openLog
    /// A line of a file is longer than the runner reads: what follows it would be lost.
    case longLine(path: String)
}

extension ExportError: ExplainedError {
    package var exitCode: ExitCode {
        switch self {
        case .unusableName, .published, .unusablePath, .maskUnseen, .foreignLog, .contradiction, .openLog: .usage
        default: .cannotWrite
        }
    }

    /// One sentence for people.
    package var message: String {
        switch self {
        case .missingVariable(let name): "cannot export to later steps: \(name) is not set"
        case .missingFile(let variable, let path): "cannot write \(path): the file in \(variable) does not exist"
        case .notAPlainFile(let path): "cannot write \(path): it is not a regular file"
        case .exists(let path): "cannot write \(path): the file exists, and pulumi-token did not write it"
        case .unwritable(let path, let code): "cannot write \(path): \(String(cString: strerror(code)).lowercased())"
        case .tooLarge(let path, let limit): "cannot write \(path): it would exceed \(limit) bytes"
        case .published(let path, let folder): "cannot write \(path): files in \(folder) can become artifacts"
        case .unusablePath(let path): "cannot write \(UserText.quoted(path)): it is not an absolute path on one line"
        case .unusableName(let name, let problem): "cannot set \(UserText.quoted(name)): it \(problem.explanation)"
        case .unrepresentable(let name, let format, let reason):
            "cannot write the value of \(name) as \(format): \(reason)"
        case .maskUnseen: "cannot mask the token in the log: standard error is redirected to a file"
        case .foreignLog(let system): "cannot print the token for \(system): this job does not run there"
        case .agentFailed(let reason): "cannot use the job API of Buildkite's agent: \(reason)"
        case .exposed(let path): "cannot write \(path): other users can read or change it"
        case .contradiction(let systems):
            "cannot mask the log: the job has the variables of \(systems.joined(separator: " and of "))"
        case .openLog: "cannot print the token: standard output is the job's log"
        case .longLine(let path): "cannot write \(path): a line in it is longer than the runner reads"
        }
    }

    /// The way out, where there is one.
    package var hint: String? {
        switch self {
        case .missingVariable: "set --export to file, or run this in a workflow step"
        case .missingFile: "use the variable of the current step; the runner creates a file for each step"
        case .published: "use a path outside it, such as one in the runner's temporary directory"
        case .unusablePath: "use an absolute path on one line"
        case .unusableName(let name, _) where UserText.holdsCredential(name):
            "use the NAME of the variable, without $"
        case .unusableName(_, .malformed): "use letters, digits, and underscores, and do not start with a digit"
        case .unusableName: "set --env-name to another name"
        case .unrepresentable: "set --export to file, or use pulumi-token exec"
        case .maskUnseen: "do not redirect standard error, or use pulumi-token exec"
        case .foreignLog: "set --export to file, or use pulumi-token exec"
        case .agentFailed: "use pulumi-token exec, which redacts the output itself"
        case .exposed: "allow only its owner to read and write it (chmod 600)"
        case .contradiction: "unset the variables of the system that does not run this job, or use pulumi-token exec"
        case .openLog: "capture it, as in $(pulumi-token mint --export stdout), or use pulumi-token exec"
        case .longLine: "write less into it before the mint, or mint in a separate step"
        case .notAPlainFile: "set the path of a regular file, or of one that does not exist yet"
        case .exists: "remove the file, or use another path"
        case .unwritable: "check the path, who may write there, and whether the disk is full"
        case .tooLarge: nil
        }
    }
}
