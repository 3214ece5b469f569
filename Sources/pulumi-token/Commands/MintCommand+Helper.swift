import CISystems
import Credentials
import HostSystem
import Secrets
import Supervision
import TokenLifecycle

/// `pulumi-token mint --export helper`: nothing is minted yet, but a server stays that the Pulumi CLI asks for tokens.
extension MintCommand {
    func runWithHelper() throws(Explanation) -> ExitCode {
        try explaining { () throws(UsageError) in try arguments.checkHelper() }
        let request = try MintRequest(arguments, context)
        let shell = arguments.text(of: .shell).flatMap(Shell.init) ?? .sh
        let session = try arguments.session(in: context) ?? .madeUp(context.random)
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let isIsolated = request.isIsolated
        let (parent, place) = try HelperEnvironment.prepare(options, session, isIsolated: isIsolated, in: context)
        context.console.info(parent.source.sentence)
        do throws(Explanation) {
            try serve(request, session, parent, at: place, for: shell)
        } catch {
            place.remove()
            throw error
        }
        return .done
    }

    private func serve(
        _ request: MintRequest,
        _ session: Session,
        _ parent: Parent,
        at place: HelperEnvironment,
        for shell: Shell
    ) throws(Explanation) {
        let user: TokenUser = context.environment.nonEmpty("MAKELEVEL") == nil ? .shell : .recipes
        let process = GuardedProcess.find(for: user)
        if process == nil {
            context.console.notice("no process of this job is visible, so the token server does not end with the job")
        }
        let helper = try HelperProcess.start(
            request,
            session,
            parent,
            at: place,
            endsWith: process,
            awaitsShell: user == .shell,
            in: context
        )
        context.console.trace("started the token server as process \(helper.pid)")
        try explaining { () throws(ExportError) in
            try print(place.variables, telling: user == .shell ? place.folder.shellFile : nil, for: shell)
        }
        let pid = helper.pid
        guard helper.release() else { throw .lostHelper }
        context.console.info(
            "process \(pid) gives tokens to the Pulumi CLI until the job ends or pulumi-token revoke runs"
        )
    }

    /// The shell keeps nothing that mints: the helper has it.
    private func print(
        _ variables: [ExportedVariable],
        telling file: String?,
        for shell: Shell
    ) throws(ExportError) {
        let exports = try shell.text(exporting: variables)
        let forgetting = try shell.text(unsetting: ["PULUMI_ACCESS_TOKEN"])
        let text = Secret {
            if let file { $0.append(shell.text(telling: file)) }
            $0.append(exports)
            $0.append(forgetting)
        }
        do throws(FileError) {
            try text.reveal { bytes throws(FileError) in try context.standardOutput.write(bytes) }
        } catch {
            throw .unwritable(path: context.standardOutput.name, code: error.code)
        }
    }
}

extension Explanation {
    static let lostHelper = Explanation(
        .unavailable,
        "the token server ended at once",
        hint: "use pulumi-token exec --helper"
    )
}
