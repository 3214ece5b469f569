import CISystems
import HostSystem
import TokenLifecycle

/// `pulumi-token action STAGE`: the stages of the GitHub action, and its sub-actions.
struct ActionCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        switch arguments.operands.first {
        case "main":
            try folded("mint a Pulumi token") { () throws(Explanation) in
                var main = ActionMain(context)
                return try main.run()
            }
        case "post":
            try folded("revoke the Pulumi token") { () throws(Explanation) in
                var post = ActionPost(context)
                return try post.run()
            }
        case "setup": try SubActions(context: context).setup()
        case "revoke":
            try folded("revoke the Pulumi token") { () throws(Explanation) in try SubActions(context: context).revoke()
            }
        case "sweep": try SubActions(context: context).sweep()
        default: throw .unknownStage
        }
    }

    /// All that is expected is folded away; what went wrong stands below.
    private func folded(
        _ title: String,
        _ body: () throws(Explanation) -> ExitCode
    ) throws(Explanation) -> ExitCode {
        let fold = context.system.fold("pulumi-token: " + title, name: "pulumi_token")
        context.console.raw(fold?.opening(at: context.clock.unixTime()) ?? "")
        defer { context.console.raw(fold?.closing(at: context.clock.unixTime()) ?? "") }
        return try body()
    }
}

extension ParentProcess {
    /// The process that waits for the result: for `action STAGE PID` that of the launcher, which may have gone already.
    init(_ words: [String]) {
        if words.count == 3, words[0] == Command.action.rawValue, let id = Int32(words[2]), id > 1 {
            self.init(claimedID: id)
        } else {
            self.init()
        }
    }
}

extension Explanation {
    static let unknownStage = Explanation(
        .usage,
        "action needs main, post, setup, revoke, or sweep",
        hint: "let the action's launcher run it"
    )
}
