import HostSystem

/// Why a command does not do what it was told to, as far as no room below has the words for it.
enum ToolError: ExplainedError, Equatable {
    // sweep
    case runAndAge
    /// - Parameter place: the option or variable.
    case age(place: String, text: String)
    case noRun
    /// A minted token that sweeps cannot tell which one it is itself.
    case ownTokenUnknown
    // revoke
    case noTokenID
    case noSession
    case foreignLease(path: String, reason: String)
    case unreadableLease(FileError)
    // redact
    case nothingToHide(variable: String, isSet: Bool)
    case unreadable(FileError)
    /// What goes to standard output, ours or a command's.
    case unwritable(FileError)
    // the command line
    case noCommand
    /// The word is nil where it must not be shown.
    case unknownCommand(String?, nearest: Command?)
    case unknownShell
    // the stages of the action
    case unknownStage
    case noStateFile
    case otherBackend(cloud: String)
    case stateOfNobody
    case stateIsNoLease
    case leaseOfAnotherCloud(cloud: String)

    var exitCode: ExitCode {
        switch self {
        case .foreignLease, .stateIsNoLease: .malformedFile
        case .unreadableLease, .unreadable: .unreadableFile
        case .unwritable: .cannotWrite
        case .ownTokenUnknown: .notAllowed
        case .stateOfNobody, .leaseOfAnotherCloud: .failed
        default: .usage
        }
    }

    var message: String {
        switch self {
        case .runAndAge: "both --run and --older-than are given"
        case .age(let place, let text): "\(place) is \(quoted(text))"
        case .noRun: "--run needs a CI job or a session"
        case .ownTokenUnknown:
            "the credential is itself a minted token, and nothing says which, so it could sweep itself away"
        case .noTokenID: "an operand is no token id"
        case .noSession: "no session is known, so there is no lease to end"
        case .foreignLease(let path, let reason): "\(path) was left alone: \(reason)"
        case .unreadableLease(let error), .unreadable(let error): "cannot read \(error.path): \(error.reason)"
        case .nothingToHide(let variable, let isSet):
            "the variable \(quoted(variable)) \(isSet ? "is empty" : "is not set"), so nothing can be hidden"
        case .unwritable(let error): "cannot write to \(error.path): \(error.reason)"
        case .noCommand: "no command"
        case .unknownCommand(let word, _): "unknown command" + (word.map { " \(quoted($0))" } ?? "")
        case .unknownShell: "completions are for bash, zsh or fish"
        case .unknownStage: "action takes main or post"
        case .noStateFile: "GITHUB_STATE is not set"
        case .otherBackend(let cloud): "PULUMI_BACKEND_URL names another backend than \(cloud)"
        case .stateOfNobody: "the main stage left no state, so there is nothing that could be trusted"
        case .stateIsNoLease: "the state of the main stage is no lease"
        case .leaseOfAnotherCloud(let cloud): "the lease is of another cloud than \(cloud), so it was left alone"
        }
    }

    var hint: String? {
        switch self {
        case .runAndAge: "give one of them"
        case .age: "a length of time is 90s, 45m, 12h or 2d"
        case .noRun: "name the session with --session, or use --older-than"
        case .ownTokenUnknown: "set PULUMI_ACCESS_TOKEN_ID, or sweep with the credential that minted"
        case .noTokenID: "give ids as list shows them, never the value of a token"
        case .noSession: "name one with --session, or give the id of a token"
        case .foreignLease, .unreadableLease: "revoke by id instead"
        case .nothingToHide: "name the variables with --env, or set them"
        case .unreadable: "check what is on the other end of it"
        case .unwritable: "check whether the disk is full, and what is on the other end of it"
        case .noCommand: Help.pointer
        case .unknownCommand(_, let nearest): nearest.map { "did you mean \($0.rawValue)?" } ?? Help.pointer
        case .unknownShell: "name one of them"
        case .unknownStage: "it is called by the action's launcher"
        case .noStateFile: "action main is for the launcher of the action"
        case .otherBackend: "set the input cloud-url to the Pulumi Cloud that the job uses"
        case .leaseOfAnotherCloud: "the input cloud-url must be the same in both stages"
        case .stateOfNobody, .stateIsNoLease: nil
        }
    }
}
