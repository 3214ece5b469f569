import CISystems
import HostSystem
import TokenLifecycle

/// `pulumi-token mint`: mints, masks, exports, and leaves a lease.
struct MintCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(Explanation) -> ExitCode {
        context.parent.watch()
        let choice = try HandoverChoice(arguments, on: context.system, in: context.workingFolder)
        let handover = Handover(choice.way, for: choice.shell, to: choice.names, in: context)
        try handover.check()
        let order = try explaining { () throws(UsageError) in try MintOrder(arguments, context) }
        let session = try Session.current(arguments, context) ?? .madeUp(context.random)
        let minter = try Minter(arguments, context, console)
        var printed: String?
        do throws(LifecycleError) {
            let issued = try minter.issue(
                order,
                for: session,
                heldBy: .job,
                in: LeasePlaces(context).records(arguments),
                isIsolated: handover.way.reachesEnvironment && !arguments.isOn(.noIsolate),
                needsFolder: handover.way == .file(nil)
            ) { minted, surroundings throws(Explanation) in
                printed = try handover.carryOut(minted, surroundings)
            }
            console.info(MintNews(issued.minted).sentence)
            return .done
        } catch {
            if let printed {
                // The shell has been told this path, so what it finds there must not let it run on.
                FailedHandover(to: choice.names, in: context).leave(error.explanation.exitCode, printed: printed)
                console.error(error.explanation)
                return error.explanation.exitCode
            }
            throw error.explanation
        }
    }
}

/// What people are told of a mint.
struct MintNews {
    private let minted: Minted

    init(_ minted: Minted) {
        self.minted = minted
    }

    var sentence: String {
        let life = "expires \(Moment(minted.expires)), in \(TimeSpan(seconds: minted.lifetime))"
        return minted.id.map { "minted \($0), \(life)" } ?? "exchanged a token that nobody can revoke, \(life)"
    }

    /// In words and in UTC.
    var expiry: String {
        "in \(TimeSpan(seconds: minted.lifetime)) (\(Moment(minted.expires)))"
    }
}

extension MintOrder {
    init(_ arguments: Arguments, _ context: Context) throws(UsageError) {
        self.init(
            text: arguments.text(of: .description) ?? context.system.defaultDescription,
            lifetime: try Lifetime(
                arguments,
                jobTimeLimit: context.system.jobTimeLimit,
                now: context.clock.unixTime()
            ),
            reason: arguments.text(of: .reason) ?? context.system.defaultReason,
            verifies: arguments.isOn(.verify),
            waits: arguments.isOn(.wait),
            // On GitHub the input is about the post stage.
            needsCleanStart: arguments.isOn(.failOnRevokeError) && !arguments.areInputs
        )
    }
}

extension Session {
    static func current(_ arguments: Arguments, _ context: Context) throws(Explanation) -> Session? {
        try current(arguments.value(of: .session)?.named, on: context.system)
    }
}

extension LeasePlaces {
    /// Where a new lease goes: a path that was asked for, or the usual places.
    func records(_ arguments: Arguments) -> any LeaseRecords {
        if let path = arguments.text(of: .lease) { return LeaseFile(path: path) }
        return records
    }
}
