package import CISystems
package import HostSystem
internal import Secrets

/// What a failed mint leaves for a shell that sources or evaluates what it prints: the parent credential must not remain.
package struct FailedExport: Sendable {
    private let names: [String]
    private let context: Context

    /// - Parameter names: the variables that would have received the token.
    package init(to names: [String], in context: Context) {
        self.names = names.contains("PULUMI_ACCESS_TOKEN") ? names : names + ["PULUMI_ACCESS_TOKEN"]
        self.context = context
    }

    /// Prints the path of a script that unsets the variables and returns the exit code.
    ///
    /// Where no script can be written the shell finds nothing to source, and some shells go on.
    ///
    /// - Parameter printed: the path that a shell has been told already; the script then goes there.
    package func leaveScript(_ exitCode: ExitCode, printed: String? = nil) {
        do throws(ExportError) {
            let script = try script(at: printed)
            try script.writeFailure(unsetting: names, exitCode: exitCode.rawValue, randomness: context.random)
            if printed == nil { _ = try? context.standardOutput.write(script.path + "\n") }
        } catch {
            return
        }
    }

    /// Prints, in the language of the shell that evaluates it, what unsets the variables and ends the script.
    package func printCommands(_ exitCode: ExitCode, for shell: Shell) {
        guard let text = try? shell.text(failingWith: exitCode.rawValue, unsetting: names) else { return }
        _ = try? context.standardOutput.write(text)
    }

    private func script(at printed: String?) throws(ExportError) -> SourcedScript {
        if let printed { return try SourcedScript(at: printed, makingFolder: true) }
        // Containers whose disk is read-only still have memory to share.
        let folders = context.system.places.temporary + ["/dev/shm", "/var/tmp"]
        return try SourcedScript.inPrivateFolder(under: folders, randomness: context.random)
    }
}
