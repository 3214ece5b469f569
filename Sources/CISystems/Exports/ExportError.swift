package import HostSystem

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
    /// Something in the way of the redactor of Buildkite's agent.
    case redactorFailed(program: String, reason: String)
}

extension ExportError: ExplainedError {
    package var exitCode: ExitCode {
        switch self {
        case .unusableName, .published, .unusablePath, .maskUnseen, .foreignLog: .usage
        default: .cannotWrite
        }
    }

    /// One sentence for people.
    package var message: String {
        switch self {
        case .missingVariable(let name): "\(name) is not set, so nothing can be handed to later steps"
        case .missingFile(let variable, let path): "the file that \(variable) names does not exist: \(path)"
        case .notAPlainFile(let path): "not a plain file: \(path)"
        case .unwritable(let path, let code): "cannot write \(path): \(String(cString: strerror(code)).lowercased())"
        case .tooLarge(let path, let limit): "\(path) would become larger than \(limit) bytes"
        case .published(let path, let folder): "\(path) lies in \(folder), whose files can become artifacts"
        case .unusablePath(let path): "not usable as a path: \(path.debugDescription)"
        case .unusableName(let name, let problem): "\(name.debugDescription) cannot be used: \(problem.explanation)"
        case .unrepresentable(let name, let format, let reason):
            "the value of \(name) cannot be written as \(format): \(reason)"
        case .maskUnseen: "standard error goes to a file, so the log would not learn what to mask"
        case .foreignLog(let system): "this is no job of \(system), so the log would show the token"
        case .redactorFailed(let program, let reason): "\(program) redactor add failed: \(reason)"
        }
    }

    /// The way out, where there is one.
    package var hint: String? {
        switch self {
        case .missingVariable: "use --export file, or run this in a step of a job"
        case .missingFile: "the file is made by the runner for each step; the variable may come from an earlier one"
        case .published: "choose a path outside of it, such as one in the runner's temporary folder"
        case .unusablePath: "give an absolute path on one line"
        case .unusableName: "choose another name with --env-name"
        case .unrepresentable: "use --export file, or pulumi-token exec"
        case .maskUnseen: "leave standard error as the job has it, or use pulumi-token exec"
        case .foreignLog: "use --export file, or pulumi-token exec"
        case .redactorFailed: "use pulumi-token exec, which redacts the output itself"
        case .notAPlainFile: "name a file, or one that is not there yet"
        case .unwritable: "check the path, who may write there, and whether the disk is full"
        case .tooLarge: nil
        }
    }
}
