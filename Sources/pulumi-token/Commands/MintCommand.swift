import CISystems
import HostSystem
import PulumiCloud
import Redaction
import TokenLifecycle

/// `pulumi-token mint`: mints, masks, exports, and leaves a lease.
struct MintCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(any ExplainedError) -> ExitCode {
        let handover = try Handover(arguments, context)
        try handover.check()
        _ = try Lifetime(arguments, jobTimeLimit: context.system.jobTimeLimit, now: context.clock.unixTime())
        let session = try Session.current(arguments, context) ?? .madeUp(context.random)
        let connection = try Connector(arguments, context, console)
            .connect(to: try CloudChoice(arguments, context, console), for: .minting)
        let run = MintRun(
            arguments: arguments,
            context: context,
            console: console,
            connection: connection,
            session: session,
            holder: .job,
            records: LeasePlaces(context).records(arguments)
        )
        let result = try run.run(isIsolated: handover.isIsolated, needsFolder: handover.way == .file(nil)) {
            minted,
            surroundings,
            folder throws(any ExplainedError) in
            try handover.carryOut(minted, surroundings, in: folder)
        }
        console.info(MintNews(result.minted, now: context.clock.unixTime()).sentence)
        return .done
    }
}

/// What people are told of a mint.
struct MintNews {
    private let minted: Minted
    private let now: Int64

    init(_ minted: Minted, now: Int64) {
        self.minted = minted
        self.now = now
    }

    var sentence: String {
        let life = "expires \(Moment(minted.expires)), in \(Span(seconds: minted.expires - now))"
        return minted.id.map { "minted \($0), \(life)" } ?? "exchanged a token that nobody can revoke, \(life)"
    }
}

/// What a failed `mint` leaves on standard output, where a shell sources it: the parent credential must not remain.
struct MintFailure {
    let words: [String]
    let context: Context

    /// Prints the path of a script that unsets the variable and returns the exit code, if a script was asked for.
    func run(exitCode: Int32) {
        guard expectsFile, !context.standardOutput.isTerminal else { return }
        do {
            let script = try SourcedScript.inPrivateFolder(
                under: context.system.places.temporary,
                randomness: context.random
            )
            try script.writeFailure(unsetting: names, exitCode: exitCode, randomness: context.random)
            try context.standardOutput.write(script.path + "\n")
        } catch {
            // Without a place for a script, what is sourced does not exist, and the shell fails by itself.
            return
        }
    }

    /// Read leniently: the command line may be the very thing that is wrong.
    private var expectsFile: Bool {
        let how = value(of: "--export") ?? context.environment.nonEmpty(Option.export.variable) ?? "auto"
        if how == "auto" { return context.system.automaticExport == .file }
        return how == "file" || how.hasPrefix("file=")
    }

    private var names: [String] {
        let given = words.indices.compactMap { index -> String? in
            if words[index].hasPrefix("--env-name=") { return String(words[index].dropFirst(11)) }
            return words[index] == "--env-name" && index + 1 < words.count ? words[index + 1] : nil
        }
        let variable = context.environment.nonEmpty(Option.environmentName.variable).map {
            $0.split(separator: ",").map(String.init)
        }
        let names = (given.isEmpty ? variable ?? [] : given).filter { (try? VariableName.check($0)) != nil }
        return names.contains("PULUMI_ACCESS_TOKEN") ? names : names + ["PULUMI_ACCESS_TOKEN"]
    }

    private func value(of option: String) -> String? {
        guard let index = words.lastIndex(where: { $0 == option || $0.hasPrefix(option + "=") }) else { return nil }
        if words[index] == option { return index + 1 < words.count ? words[index + 1] : nil }
        return String(words[index].dropFirst(option.count + 1))
    }
}
