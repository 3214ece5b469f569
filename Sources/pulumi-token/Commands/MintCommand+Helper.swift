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
        let parent = try Parent.find(options, for: .minting, in: context)
        for secret in parent.source.secretsInVariables(of: context.environment) {
            try context.mask(secret, within: context.budget(options.deadline))
        }
        context.console.info(parent.source.sentence)
        let place = try HelperEnvironment(
            parent,
            session,
            program: try .ofHelper(),
            isIsolated: request.isIsolated,
            in: context
        )
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
        let contents = HelperContents(
            request,
            session,
            parent,
            at: place,
            endsWith: process,
            awaitsShell: user == .shell,
            in: context
        )
        let helper = try HelperProcess.start(contents, on: try place.listen(), in: context)
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

extension String {
    /// The path by which the Pulumi CLI can run this executable as its helper.
    static func ofHelper() throws(Explanation) -> String {
        do throws(FileError) { return try ProgramFolder.reachableExecutable() } catch {
            throw .unreachableProgram(error)
        }
    }
}

extension HelperEnvironment {
    /// Somebody listens from now on; who asks waits for the server.
    func listen() throws(Explanation) -> PacketSocket {
        do throws(FileError) { return try PacketSocket.listen(at: socket) } catch { throw .noSocket(error) }
    }
}

extension Explanation {
    static let lostHelper = Explanation(
        .unavailable,
        "the token server ended at once",
        hint: "use pulumi-token exec --helper"
    )
}
