import CISystems
import HostSystem
import TokenLifecycle

/// The sub-actions: commands whose options are the inputs of a step.
struct SubActions {
    let context: Context

    func setup() throws(Explanation) -> ExitCode {
        try Installation(in: context).run()
        context.console.info("later steps find pulumi-token on their PATH")
        return .done
    }

    func revoke() throws(Explanation) -> ExitCode {
        var arguments = try arguments(of: .revoke)
        arguments.operands = try explaining { () throws(UsageError) in
            try SubActionInputs.tokenIDs(in: context.environment)
        }
        if arguments.operands.isEmpty { try endHelper(arguments) }
        // On runners that do not tell one job from another, the action gave the job a name.
        if context.system.sessionID == nil, let session = context.environment.nonEmpty(Session.variable) {
            arguments.add(session, for: .session, from: .variable(Session.variable))
        }
        return try RevokeCommand(arguments: arguments, context: try telling(arguments)).run()
    }

    /// Ends the server of tokens of this job, which revokes what it has minted.
    ///
    /// It is told by its socket alone: its session, which a step can change, could be another job's.
    private func endHelper(_ arguments: Arguments) throws(Explanation) {
        guard let socket = context.environment.nonEmpty(HelperClient.variable) else { return }
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let client = HelperClient(socket, within: context.budget(options.deadline))
        // Nothing is left to end for a second step that revokes.
        guard client.isExpected else { return }
        do throws(Explanation) {
            for id in try client.end() { context.console.info("revoked \(id)") }
        } catch {
            context.console.warning(
                "cannot end the helper of this job: \(error.message)",
                hint: "the post step tries again"
            )
        }
    }

    func sweep() throws(Explanation) -> ExitCode {
        let outputs = try outputs()
        let arguments = try arguments(of: .sweep)
        var command = SweepCommand(arguments: arguments, context: try telling(arguments))
        command.tell = { counts throws(Explanation) in
            try explaining { () throws(ExportError) in
                try outputs.append(counts.map { .plain($0.key, String($0.value)) }, randomness: context.random)
            }
        }
        let code = try command.run()
        // The outputs say how many there are; a step that only looks has done so.
        return arguments.isOn(.dryRun) && code == .failed ? .done : code
    }

    private func arguments(of command: Command) throws(Explanation) -> Arguments {
        try explaining { () throws(UsageError) in
            try SubActionInputs.arguments(of: command, in: context.environment)
        }
    }

    /// The context with the trail that the inputs ask for.
    private func telling(_ arguments: Arguments) throws(Explanation) -> Context {
        var context = context
        context.trail = try Trail(arguments, in: context, mustWork: false)
        return context
    }

    private func outputs() throws(Explanation) -> EnvironmentFile {
        try explaining { () throws(ExportError) in
            guard let files = context.system.environmentFiles else { throw .missingVariable("GITHUB_OUTPUT") }
            let file = try files.file(for: .output)
            try file.checkIsWritable()
            return file
        }
    }
}
